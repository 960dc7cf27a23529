//! What is left of all that beside a mistake.

use crate::project::Project;

pub(crate) fn ask(project: &mut Project) {
    let title = [("title", "String")];
    let search = ("search", "fn(&self, Topic) -> StepCall<Vec<String>>");
    project.in_file("syntax_error", |file| {
        file.offers(0, &[("text", "String")]);
        file.offers(1, &title);
        file.offers(
            2,
            &[
                ("search", "fn(&self, Topic) -> StepCall<Vec<Page>>"),
                ("write", "fn(&self, Vec<Page>) -> StepCall<String>"),
            ],
        );
        file.documents(2, "search", "Finds pages about a topic.");
    });
    project.in_file("type_error", |file| {
        file.offers(0, &[("capacity", "usize")]);
        file.offers(1, &[search, ("write", "StepCall<String>")]);
        file.documents(1, "search", "Finds links.");
    });
    for name in [
        "unknown_option",
        "missing_async",
        "not_awaited",
        "new_step",
        "new_input",
    ] {
        project.in_file(name, |file| {
            file.offers(0, &title);
            file.offers(1, &[search, ("say", "fn(&self")]);
            file.documents(1, "search", "Finds links.");
        });
    }
    project.in_file("not_awaited", |file| {
        file.leads_to(4, &[2]);
        file.explains(4, &["fn search(&self, topic: Topic)", "Finds links."]);
        file.is_used_at(2, &[2, 3, 4]);
        file.renames(2, "find", &[2, 3, 4]);
    });
    project.in_file("new_input", |file| {
        file.offers(2, &[("Topic", "")]);
    });
    project.in_file("open_parenthesis", |file| {
        file.offers(0, &title);
        file.offers(2, &title);
        for cursor in [1, 3] {
            file.offers(cursor, &[search, ("twice", "StepCall<Vec<String>>")]);
            file.documents(cursor, "search", "Finds links.");
        }
    });
    project.in_file("field_step", |file| {
        file.offers(0, &title);
        file.offers(1, &[("Inner", "")]);
        file.offers(2, &[("inner", "Nested<Inner>"), ("more", "")]);
        file.offers(3, &[("first", "Nested<Inner>")]);
    });
}
