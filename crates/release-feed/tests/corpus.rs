//! All that fuzzing has found worth keeping, tried with every run of the tests.

#[path = "../../../fuzz/src/feed_release.rs"]
mod feed_release;

use std::fs;

#[test]
fn every_kept_answer_is_a_release_or_none() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/feed_release");
    let answers: Vec<_> = fs::read_dir(folder).expect("the corpus is kept with the sources").collect();
    assert!(!answers.is_empty());
    for answer in answers {
        feed_release::holds(&fs::read(answer.unwrap().path()).expect("a file"));
    }
}
