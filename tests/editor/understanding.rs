//! Where a name comes from, what it is, and where else it stands.

use crate::project::Project;

pub(crate) fn ask(project: &mut Project) {
    project.in_file("navigation", |file| {
        const CALLS: [usize; 5] = [7, 8, 9, 10, 14];
        for call in CALLS {
            file.leads_to(call, &[3]);
            file.explains(
                call,
                &[
                    "fn search(&self, topic: Topic) -> ",
                    "StepCall<Vec<Page>>",
                    "Finds pages about a topic.",
                ],
            );
        }
        file.leads_to(11, &[13]);
        file.explains(11, &["fn deeper(&self, topic: Topic)", "Looks further."]);
        file.leads_to(4, &[17]);
        file.explains(0, &["struct Article", "Writes about anything."]);
        file.explains(1, &["struct Article", "Writes about anything."]);
        file.explains(6, &["Article"]);
        file.explains(4, &["struct Topic", "What to write about."]);
        file.explains(2, &["proc_macro step"]);
        file.explains(5, &["proc_macro flow"]);
        // A plain call is one of the method, and a durable call does not know of it.
        let (uses, durable) = ([3, 7, 8, 9, 10, 14, 16], [3, 7, 8, 9, 10, 14]);
        file.is_used_at(3, &uses);
        file.renames(3, "find", &uses);
        for cursor in [7, 8] {
            file.is_used_at(cursor, &durable);
            file.renames(cursor, "find", &durable);
        }
        file.offers(15, &[("count", "StepCall<usize>")]);
    });
    project.in_file("itself", |file| {
        // `Self` is the block that it stands in; what a step takes and gives is the struct as well.
        for (cursor, targets) in [(2, &[0, 7][..]), (3, &[0, 7]), (4, &[7])] {
            file.leads_to(cursor, targets);
            file.explains(cursor, &["Countdown"]);
        }
        file.leads_to(5, &[1]);
        file.offers(6, &[("left", "u32")]);
    });
    project.in_file("complete", |file| {
        file.is_without_faults();
        file.infers(&[
            (0, "Vec<Page>"),
            (1, "Vec<usize>"),
            (2, "Page"),
            (3, "Verdict"),
            (4, "usize"),
            (5, "Page"),
            (6, "Page"),
        ]);
    });
}
