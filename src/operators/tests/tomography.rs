//! Tomography.

use super::*;

#[test]
fn distances_belong_to_fans() {
    let ct = |rest: &str| {
        format!(
            r#"A = {{ type = "CT2D", dims = [2, 2], det_width = 1, det_count = 2, thetas = [0], {rest} }}"#
        )
    };
    let texts = [
        ct(r#"proj_geom_type = "fanflat", source_origin_dist = 3"#),
        ct("origin_detector_dist = 3"),
        ct(r#"proj_geom_type = "fanflat", source_origin_dist = 0.25, origin_detector_dist = 0.5"#),
        ct(r#"proj_geom_type = "fanflat", source_origin_dist = -1, origin_detector_dist = 4"#),
        ct(r#"projector_type = "cuda""#),
    ];
    let mistakes: Vec<String> = texts.iter().map(|text| mistake(text)).collect();
    insta::assert_snapshot!(mistakes.join("\n"), @r#"
    error: `origin_detector_dist` of CT2D does not fit
     --> problem.toml:2:14
      |
    2 | A = { type = "CT2D", dims = [2, 2], det_width = 1, det_count = 2, thetas = [0], proj_geom_type = "fanflat", source_origin_dist = 3 }
      |              ^^^^^^ a fan needs `origin_detector_dist`

    error: problem.toml has 1 mistake; nothing was run
    error: `origin_detector_dist` of CT2D does not fit
     --> problem.toml:2:104
      |
    2 | A = { type = "CT2D", dims = [2, 2], det_width = 1, det_count = 2, thetas = [0], origin_detector_dist = 3 }
      |                                                                                                        ^ needs `proj_geom_type = "fanflat"`

    error: problem.toml has 1 mistake; nothing was run
    error: `det_width` of CT2D does not fit
     --> problem.toml:2:49
      |
    2 | A = { type = "CT2D", dims = [2, 2], det_width = 1, det_count = 2, thetas = [0], proj_geom_type = "fanflat", source_origin_dist = 0.25...
      |                                                 ^ expected at most the distance of source and detectors

    error: problem.toml has 1 mistake; nothing was run
    error: `source_origin_dist` of CT2D does not fit
     --> problem.toml:2:130
      |
    2 | ...[0], proj_geom_type = "fanflat", source_origin_dist = -1, origin_detector_dist = 4 }
      |                                                          ^^ expected a distance

    error: problem.toml has 1 mistake; nothing was run
    error: invalid value for `projector_type`
     --> problem.toml:2:98
      |
    2 | A = { type = "CT2D", dims = [2, 2], det_width = 1, det_count = 2, thetas = [0], projector_type = "cuda" }
      |                                                                                                  ^^^^^^ expected one of "strip", "line", "linear", found "cuda"

    error: problem.toml has 1 mistake; nothing was run
    "#);
}
