use super::given::Home;
use journey_domain::{
    error_code::ErrorCode,
    ports::{Event, LockReason},
};

#[test]
fn many_files_are_taken_in_one_after_the_other_and_one_that_fails_says_why() {
    let home = Home::new();
    let files = [
        home.file("morning.txt", "I was glad to hear from my sister."),
        home.file("broken.srt", "no subtitles here"),
        home.folder().join("gone.md"),
        home.file("evening.md", "I want to sleep earlier."),
    ];
    let queue = home.app.queue_imports(&home.me(), files).unwrap();
    let labels: Vec<&str> = queue.jobs.iter().map(|job| job.label.as_str()).collect();
    assert_eq!(labels, ["morning.txt", "broken.srt", "gone.md", "evening.md"]);
    assert!(queue.jobs.iter().all(|job| job.kind == "import" && job.state == "waiting"));

    home.app.work_in_background();
    let left = home.heard.until("all files are settled", || {
        let jobs = home.app.queue(&home.me()).unwrap().jobs;
        let imports: Vec<_> = jobs.into_iter().filter(|job| job.kind == "import").collect();
        imports.iter().all(|job| job.state == "failed").then_some(imports)
    });
    let gone = left.iter().find(|job| job.label == "gone.md").unwrap();
    let error = gone.error.as_ref().unwrap();
    assert_eq!(error.code, ErrorCode::NotFound);
    assert!(error.hint.is_some());
    assert!(left.iter().all(|job| job.label != "morning.txt" && job.label != "evening.md"));
    assert!(home.heard.all().contains(&Event::QueueChanged));

    // The next order clears what failed.
    let again = home.app.queue_imports(&home.me(), [home.file("more.txt", "More.")]).unwrap();
    assert!(again.jobs.iter().all(|job| job.state != "failed"));
}

#[test]
fn files_that_wait_when_the_vault_is_locked_are_taken_in_after_the_next_unlock() {
    let home = Home::new();
    let files = [home.file("one.txt", "The first."), home.file("two.txt", "The second.")];
    // Nothing takes files in before the background begins.
    home.app.queue_imports(&home.me(), files).unwrap();
    home.app.close(LockReason::Suspend);
    home.unlock();
    home.heard.until("both are taken in", || {
        let me = home.me();
        let jobs = home.app.queue(&me).unwrap().jobs;
        let n = me.vault().read(|read| read.sessions().count()).unwrap();
        (n > 0 && jobs.iter().all(|job| job.kind != "import")).then_some(())
    });
    let me = home.me();
    let n_sessions = me.vault().read(|read| read.sessions().count()).unwrap();
    assert_eq!(n_sessions, 2);
    home.app.close(LockReason::Asked);
    drop(me);
    home.unlock();
    assert!(home.app.queue(&home.me()).unwrap().jobs.iter().all(|job| job.kind != "import"));
}
