//! What goes to standard output, to standard error, and to a terminal.

use std::process::Command;

use crate::common::{Ran, npy};
use crate::{PROBLEM, folder, on_terminal};

#[test]
fn standard_output_carries_data_or_json() {
    let folder = folder("niter    = 5", "niter    = 6");
    let ran = folder.ran("apply problem.toml --input x.npy --output - --json");
    assert_eq!((ran.code, &ran.stdout), (Some(0), &npy(&[1.0, 2.0, 3.0, 4.0])));
    let told: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(told["command"], "apply");
    assert_eq!(told["outputs"][0]["path"], "-");
    let ran = folder.ran("solve problem.toml --set outputs.model=- --json");
    assert_eq!((ran.code, &ran.stdout), (Some(0), &npy(&[2.0, 4.0, 6.0, 8.0])));
    let told: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(told["outputs"][0]["path"], "-");
    // A warning is in the object then, not before it.
    let tiny = PROBLEM.replace("file = \"x.npy\"", "values = [1e-60, 1.0, 1.0, 1.0]");
    folder.put("tiny.toml", tiny.as_bytes());
    let ran = folder.ran("solve tiny.toml --set outputs.model=- --json");
    let told: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
    assert!(told["warnings"].to_string().contains("output `image`"), "{told}");
    // A history is no array.
    let ran = folder.ran("solve problem.toml --set outputs.history=-");
    assert_eq!(ran.code, Some(2), "{}", ran.text());
    assert!(ran.stderr.contains("output `history` is text"), "{}", ran.stderr);
    // A failure too.
    let ran = folder.ran("apply problem.toml --input none.npy --output - --json");
    let told: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!((told["exit_code"].as_i64(), ran.stdout.len()), (Some(2), 0));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_behind_standard_output_is_a_failure() {
    let folder = folder("niter    = 5", "niter    = 6");
    for words in [
        &["apply", "problem.toml", "--input", "x.npy", "--output", "-"][..],
        &["solve", "problem.toml", "--set", "outputs.model=-"],
        &["check", "problem.toml"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_pylopsd"))
            .args(words)
            .current_dir(folder.path())
            .stdout(full)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{words:?}: {stderr}");
        assert!(stderr.contains("cannot write to standard output: No space left"), "{stderr}");
    }
}

#[test]
fn data_do_not_go_to_a_terminal() {
    let folder = folder("niter    = 5", "niter    = 6");
    for arguments in
        ["apply problem.toml --input x.npy --output -", "solve problem.toml --set outputs.model=-"]
    {
        let Some(ran) = on_terminal(&folder, arguments, &[]) else { return };
        assert_eq!(ran.code, Some(2), "{}", ran.text());
        assert!(ran.text().contains("standard output is a terminal"), "{}", ran.text());
        assert!(!ran.text().contains("NUMPY"), "{}", ran.text());
    }
}

#[test]
fn mistakes_are_json_where_json_is_asked_for() {
    let folder = folder("niter    = 5", "nitre    = 5");
    for command in ["solve", "apply", "dottest", "check", "plan"] {
        let ran = folder.ran(&format!("{command} problem.toml --json"));
        let told = ran.json();
        assert_eq!(ran.code, Some(2), "{command}");
        assert_eq!(told["command"], command);
        assert_eq!(told["file"], "problem.toml");
        assert_eq!(told["exit_code"], 2);
        let error = &told["error"];
        assert_eq!(error["kind"], "problem");
        let first = &error["diagnostics"][0];
        assert_eq!(first["message"], "unknown key `nitre`");
        assert_eq!(first["label"], "not a key of solver `cgls`");
        assert_eq!(first["file"], "problem.toml");
        assert_eq!((first["line"].as_i64(), first["column"].as_i64()), (Some(13), Some(1)));
        assert_eq!(first["help"], "did you mean `niter`?");
        assert!(ran.stderr.contains("unknown key `nitre`"), "people read it too: {}", ran.stderr);
    }
    // Whatever goes wrong, and before there is a problem.
    for (arguments, kind, code) in [
        ("solve none.toml --json", "usage", 2),
        ("solve --json", "usage", 2),
        ("solve problem.toml --json --threads many", "usage", 2),
        ("info none.npy --json", "usage", 2),
        ("compare none.npy x.npy --json", "usage", 2),
        ("ops Nothing --json", "usage", 2),
        ("test none.toml --json --junit nowhere/x.xml", "usage", 2),
    ] {
        let ran = folder.ran(arguments);
        let told = ran.json();
        assert_eq!(told["error"]["kind"], kind, "{arguments}: {told}");
        assert_ne!(told["error"]["message"], "", "{arguments}");
        assert_eq!((told["exit_code"].as_i64(), ran.code), (Some(code), Some(code as i32)));
    }
    let found = folder.ran("test problem.toml --json").json();
    assert_eq!(found["files"][0]["diagnostics"][0]["line"], 13);
    folder.put("nan.npy", &npy(&[1.0, f64::NAN, 1.0, 1.0]));
    folder.put("nan.toml", PROBLEM.replace("d.npy", "nan.npy").as_bytes());
    let ran = folder.ran("solve nan.toml --json");
    let told = ran.json();
    assert_eq!((told["error"]["kind"].as_str(), ran.code), (Some("run"), Some(1)));
    assert_eq!(told["error"]["diagnostics"], serde_json::json!([]));
}

#[test]
fn what_was_found_is_a_number() {
    let folder = folder(
        "[outputs]",
        "[[expect]]\nquantity = \"iterations\"\nmax = 3\n[[expect]]\nquantity = \"status\"\nequals = \"tol\"\n\
         [[expect]]\noutput = \"model\"\nfile = \"d.npy\"\nrtol = 1e-9\n\
         [[expect]]\noutput = \"model\"\nfile = \"x.npy\"\nsnr = 99\n[outputs]",
    );
    let found = folder.ran("solve problem.toml --json").json();
    let list = &found["expectations"];
    assert_eq!(list[0]["found"], 1.0, "{list}");
    assert_eq!(list[0]["expected"], "iterations at most 3e0");
    assert!(list[1]["found"].is_string(), "{list}");
    assert!(list[2]["found"].as_f64().unwrap() < 1e-9, "{list}");
    assert!(list[3]["found"].as_f64().unwrap() < 1.0, "{list}");
    assert_eq!(list[3]["holds"], false);
}

#[test]
fn colours_are_for_who_wants_them() {
    let folder = folder("niter    = 5", "nitre    = 5");
    let escape = |text: &str| text.contains('\u{1b}');
    for arguments in ["solve problem.toml", "solve", "--help"] {
        let both = |ran: &Ran| ran.text() + &ran.stderr;
        assert!(!escape(&both(&folder.ran(arguments))), "{arguments}");
        let always = folder.ran(&format!("{arguments} --color always"));
        assert!(escape(&both(&always)), "{arguments}: {}", both(&always));
        let Some(plain) = on_terminal(&folder, arguments, &[]) else { return };
        assert!(escape(&plain.text()), "{arguments}: {}", plain.text());
        // Within CI, clap would colour a dumb terminal.
        for variable in [("TERM", "dumb"), ("NO_COLOR", "1")] {
            let ran = on_terminal(&folder, arguments, &[variable, ("CI", "true")]).unwrap();
            assert!(!escape(&ran.text()), "{arguments} {variable:?}: {}", ran.text());
        }
        let never = on_terminal(&folder, &format!("{arguments} --color=never"), &[]).unwrap();
        assert!(!escape(&never.text()), "{arguments}: {}", never.text());
    }
    assert_eq!(folder.ran("solve problem.toml --color blue").code, Some(2));
}
