//! Which pipelines the overview shows, and in which order.

use domain::PipelineId;
use protocol::Summary;

use crate::{board::Board, browser};

/// A project and those of its pipelines that are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    /// The project's name.
    pub project: String,
    /// Its pipelines: running ones first, the finished last, otherwise in the server's order.
    pub pipelines: Vec<PipelineId>,
    /// Whether all of them have ended.
    ended: bool,
}

/// What decides whether and where a pipeline is shown.
pub(crate) struct Candidate {
    pipeline: PipelineId,
    project: String,
    ended: bool,
}

impl Candidate {
    /// A pipeline, if it is what is looked for.
    pub fn of(status: &Summary, find: &[String]) -> Option<Self> {
        matches(status, find).then(|| Self {
            pipeline: status.pipeline.clone(),
            project: status.project.clone(),
            ended: status.status.has_ended(),
        })
    }
}

/// The pipelines among these that match, sorted into projects. Follows nothing that they report.
pub(crate) fn groups_of(board: Board, ids: &[PipelineId], find: &str) -> Vec<Group> {
    let find = words(find);
    groups(ids.iter().filter_map(|id| {
        board
            .signal(id)?
            .with_untracked(|status| Candidate::of(status, &find))
    }))
}

/// Sorts pipelines into projects. The order depends on nothing that a report of progress changes,
/// so that no row ever jumps away under the reader's pointer.
pub(crate) fn groups(pipelines: impl Iterator<Item = Candidate>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let (ended, running): (Vec<_>, Vec<_>) = pipelines.partition(|candidate| candidate.ended);
    for Candidate {
        pipeline,
        project,
        ended,
    } in running.into_iter().chain(ended)
    {
        match groups.iter_mut().find(|group| group.project == project) {
            Some(group) => {
                group.pipelines.push(pipeline);
                group.ended &= ended;
            }
            None => groups.push(Group {
                project,
                pipelines: vec![pipeline],
                ended,
            }),
        }
    }
    groups.sort_by_cached_key(|group| (group.ended, browser::lower(&group.project)));
    groups
}

/// Whether every word that is looked for occurs somewhere in what the row shows.
fn matches(status: &Summary, find: &[String]) -> bool {
    if find.is_empty() {
        return true;
    }
    let shown = [
        Some(status.title.as_str()),
        Some(status.project.as_str()),
        Some(status.phase.as_str()),
        Some(status.pipeline.as_str()),
        status.version.current.as_deref(),
        status.agent.as_deref(),
        status.message.as_deref(),
    ];
    let shown = shown.into_iter().flatten().collect::<Vec<_>>().join("\n");
    let shown = browser::lower(&shown);
    find.iter().all(|word| shown.contains(word))
}

/// The words that are looked for.
fn words(find: &str) -> Vec<String> {
    let lower = browser::lower(find);
    lower.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use domain::Status;

    use super::*;
    use crate::samples;

    fn pipeline(number: u16, project: &str, title: &str, status: Status) -> Summary {
        Summary {
            project: project.to_owned(),
            title: title.to_owned(),
            status,
            ..samples::summary(number)
        }
    }

    fn titles(all: &[Summary], find: &str) -> Vec<(String, Vec<String>)> {
        let title = |id: &PipelineId| {
            all.iter()
                .find(|status| status.pipeline == *id)
                .map(|status| status.title.clone())
        };
        let find = words(find);
        groups(all.iter().filter_map(|status| Candidate::of(status, &find)))
            .into_iter()
            .map(|group| {
                (
                    group.project,
                    group.pipelines.iter().filter_map(title).collect(),
                )
            })
            .collect()
    }

    #[test]
    fn running_first_finished_last_projects_by_name() {
        let all = [
            pipeline(1, "zebra", "done", Status::Completed),
            pipeline(2, "zebra", "runs", Status::Running),
            pipeline(3, "attic", "old", Status::Failed),
            pipeline(4, "Moon", "waits", Status::AwaitingReview),
        ];
        let expected = [
            ("Moon", vec!["waits"]),
            ("zebra", vec!["runs", "done"]),
            ("attic", vec!["old"]),
        ];
        let expected = expected.map(|(project, titles)| {
            (
                project.to_owned(),
                titles.into_iter().map(str::to_owned).collect(),
            )
        });
        assert_eq!(titles(&all, ""), expected);
    }

    #[test]
    fn every_word_has_to_occur() {
        let all = [
            pipeline(1, "site", "Query cache", Status::Running),
            pipeline(2, "site", "Query log", Status::Running),
        ];
        assert_eq!(
            titles(&all, " CACHE site "),
            [("site".to_owned(), vec!["Query cache".to_owned()])]
        );
        assert!(titles(&all, "cache nothing").is_empty());
    }
}
