//! What is offered where a name is being typed.

use crate::project::Project;

/// What the macros use for themselves.
const OURS: [&str; 4] = ["__agno", "0", "new", "define"];

pub(crate) fn ask(project: &mut Project) {
    project.in_file("fields", |file| {
        let of_topic = [("title", "String"), ("depth", "u8")];
        let of_notes = [("sources", "Vec<String>"), ("words", "u64")];
        file.offers(0, &of_topic);
        file.documents(0, "title", "What readers call it.");
        file.offers(1, &of_notes);
        file.offers(2, &[("capacity", "usize")]);
        file.offers(3, &[("limit", "usize"), ("write", "fn(&self, Topic)")]);
        file.offers(4, &of_topic);
        file.offers(5, &of_notes);
        file.offers(6, &[("text", "String"), ("score", "f64")]);
    });
    project.in_file("calls", |file| {
        file.offers(
            0,
            &[
                ("search", "fn(&self, Topic) -> StepCall<Vec<Page>>"),
                ("write", "fn(&self, Topic, Vec<Page>) -> StepCall<Draft>"),
                ("publish", "fn(&self, Draft) -> StepCall<()>"),
                ("draft", "fn(&self, Topic) -> StepCall<Draft>"),
                ("parallel", "fn(&self, B) -> Durable<"),
                ("map", "MapCall<"),
                ("race", "RaceCall<"),
                ("call", "WorkflowCall<"),
                ("confirm", "PersonCall<bool>"),
                ("sleep", "fn(&self, Duration) -> Durable<()>"),
                ("now", "SystemTime"),
                ("say", "fn(&self"),
                ("run_id", "&str"),
                ("workflow", "fn(&self) -> &W"),
            ],
        );
        file.documents(
            0,
            "search",
            "Finds pages about a topic.\n\nAt most ten of them.",
        );
        file.documents(0, "write", "Writes down what the pages say.");
        file.documents(0, "publish", "The durable call of `publish`.");
        file.documents(0, "draft", "Searches, and writes.");
        file.documents(0, "parallel", "Runs calls at the same time");
        // The plain method and the flow that runs are nothing to call here.
        file.offers_only(0, |name| !OURS.contains(&name));
        file.offers_only(0, |name| {
            !name.starts_with("helper") && !name.starts_with("run(")
        });
        file.offers(1, &[("search", "fn(&self, Topic) -> StepCall<Vec<Page>>")]);
    });
    project.in_file("constructs", |file| {
        let read = ("read", "fn(&self, String) -> StepCall<Page>");
        let judge = ("judge", "fn(&self, Page) -> StepCall<Verdict>");
        for cursor in [0, 1, 2, 3, 4, 5, 6, 10] {
            file.offers(cursor, &[read, judge]);
            file.documents(cursor, "read", "Reads one page.");
        }
        file.offers(7, &[("capacity", "usize"), ("to_uppercase", "String")]);
        file.offers(8, &[("text", "String"), ("links", "Vec<String>")]);
        file.offers(9, &[("text", "String"), ("links", "Vec<String>")]);
    });
}
