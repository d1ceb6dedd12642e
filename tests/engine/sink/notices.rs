//! Every refusal says what happened, that nothing is lost, what comes next and what to do, in both languages.

use std::path::Path;

use lamplighter_core::report::Code;
use lamplighter_core::text::Lang;
use lamplighter_engine::sink::SinkError;

fn all() -> Vec<SinkError> {
    let key = || "TOKEN".to_owned();
    vec![
        SinkError::BadPath,
        SinkError::NoFolder,
        SinkError::Symlink,
        SinkError::NotAFile,
        SinkError::HardLink,
        SinkError::ReadOnly,
        SinkError::Owner,
        SinkError::TooLarge,
        SinkError::NotText,
        SinkError::Unclear { line: 7 },
        SinkError::BadKey { key: key() },
        SinkError::BadValue { key: key() },
        SinkError::Tracked,
        SinkError::NotIgnored,
        SinkError::GitUnknown,
        SinkError::Changed,
        SinkError::Disk,
        SinkError::Io(std::io::ErrorKind::Other),
    ]
}

#[test]
fn every_refusal_has_its_parts_in_both_languages() {
    for error in all() {
        let [en, fr] = [Lang::En, Lang::Fr].map(|lang| error.notice(Path::new("/home/ana/bot/.env"), lang));
        for notice in [&en, &fr] {
            assert!(notice.what.contains("/home/ana/bot/.env"), "{error}");
            for part in [Some(&notice.what), notice.safe.as_ref(), notice.next.as_ref(), notice.cure.as_ref()]
            {
                assert!(
                    part.is_some_and(|text| text.ends_with('.') && !text.contains('!')),
                    "{error}: {part:?}"
                );
            }
        }
        assert_eq!(en.code, fr.code);
        assert_ne!((&en.what, &en.cure), (&fr.what, &fr.cure), "{error} is translated");
    }
    assert_eq!(SinkError::Disk.notice(Path::new("/a"), Lang::En).code, Code::Disk);
    assert_eq!(SinkError::Tracked.notice(Path::new("/a"), Lang::En).code, Code::Refused);
    let line = SinkError::Unclear { line: 7 }.notice(Path::new("/a"), Lang::Fr);
    assert!(line.cure.is_some_and(|cure| cure.contains("ligne 7")));
}
