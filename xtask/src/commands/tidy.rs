//! `cargo xtask tidy`: the house rules that neither the compiler nor clippy knows.

use crate::status::{self, Status};
use crate::tidy::{self, Level};
use crate::workspace::Workspace;

/// Prints every finding; warnings do not fail.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<Status> {
    let report = tidy::check(workspace)?;
    for finding in &report.findings {
        eprintln!("{finding}");
    }
    let failures = report.findings.iter().filter(|finding| finding.level == Level::Fail).count();
    let warnings = report.findings.len() - failures;
    eprintln!(
        "tidy: {} crates, {} source files, {} packages locked: {failures} failures, {warnings} \
         warnings",
        report.crates, report.files, report.locked
    );
    Ok(if failures == 0 { 0 } else { status::FAILED })
}
