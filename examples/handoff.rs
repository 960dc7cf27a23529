//! Hands a customer over to a person: judges how urgent it is, collects what is known, writes a
//! protocol and sends a WhatsApp message at the same time, and says good-bye.
//!
//! ```sh
//! cargo run --features mcp --example handoff -- run --customer-phone +5511999990000 --message \
//!     "I have asked three times for my refund. This is unacceptable, I want to talk to a manager!"
//! cat whatsapp-outbox.jsonl
//! cargo run --features mcp --example handoff -- run --customer-phone +5511999990000 --message \
//!     "Thanks, that has helped."                         # nothing to hand over
//! ```
//!
//! The message goes out through an MCP server, which this program starts: itself, as
//! `handoff whatsapp-server FILE`. It writes to a file in place of a telephone; one that sends
//! takes its place by another command. A message is never sent twice: after a crash in the middle
//! of it, the run stops and says that it may have been sent.
//!
//! On a real model: `OPENAI_API_KEY=.. cargo run --features openai,mcp --example handoff ..`.

use agno::prelude::*;

#[path = "handoff/analysis.rs"]
mod analysis;
#[path = "handoff/whatsapp.rs"]
mod whatsapp;
#[path = "handoff/whatsapp_server.rs"]
mod whatsapp_server;

use analysis::{Analysis, Customer, Issue};
use whatsapp::{Notification, WhatsApp};

/// What a customer has written.
#[data]
struct Request {
    /// The message.
    #[schemars(length(min = 1, max = 4_000), regex(pattern = r"\S"))]
    message: String,
    /// The customer's telephone number, with the country's: +5511999990000.
    #[schemars(regex(pattern = r"^\+[1-9][0-9]{7,14}$"))]
    customer_phone: String,
}

/// What is known of the escalation, for the session.
#[data]
#[derive(Default, State)]
struct Escalation {
    analysis: Option<Analysis>,
    should_escalate: bool,
    notification_sent: bool,
}

/// Hands customers over to people.
#[workflow(name = "human_handoff")]
struct Handoff {
    analyst: Agent<Analysis>,
    collector: Agent<Customer>,
    describer: Agent<Issue>,
    clerk: Agent,
    host: Agent,
    whatsapp: WhatsApp,
}

#[workflow(state = Escalation)]
impl Handoff {
    /// Judges why, how urgently and in which mood a customer wants a person.
    #[step(retry(max = 3, backoff = "1s"), timeout = "1m")]
    async fn escalation_analysis(
        &self,
        escalation: &mut Escalation,
        message: String,
    ) -> Result<Analysis> {
        let analysis = self.analyst.run(message).await?;
        escalation.should_escalate = analysis.should_escalate();
        escalation.analysis = Some(analysis.clone());
        Ok(analysis)
    }

    /// Collects what the message says of the customer.
    #[step(retry(max = 2, backoff = "1s"), timeout = "1m")]
    async fn customer_info(&self, message: String) -> Result<Customer> {
        self.collector.run(message).await
    }

    /// Describes what has to be solved.
    #[step(retry(max = 2, backoff = "1s"), timeout = "1m")]
    async fn issue_details(&self, message: String) -> Result<Issue> {
        self.describer.run(message).await
    }

    /// Writes the protocol that the next person reads first.
    #[step(retry(max = 2, backoff = "1s"), timeout = "2m")]
    async fn protocol(&self, customer: Customer, issue: Issue) -> Result<String> {
        let prompt = format!("{customer}\n\n{issue}");
        self.clerk.run(prompt).await
    }

    /// Tells the team, once: nobody is to be woken twice.
    #[step(at_most_once, timeout = "1m")]
    async fn notify(
        &self,
        escalation: &mut Escalation,
        notification: Notification,
        context: &StepContext,
    ) -> Result<String> {
        let receipt = self.whatsapp.send(&notification, context).await?;
        escalation.notification_sent = true;
        Ok(receipt)
    }

    /// Tells the customer what happens now.
    #[step(retry(max = 1, backoff = "1s"), timeout = "1m")]
    async fn completion(&self, facts: String) -> Result<String> {
        self.host.run(facts).await
    }

    #[flow]
    async fn run(flow: &Flow<Self>, request: Request) -> Result<String> {
        let Request {
            message,
            customer_phone,
        } = request;
        let analysis = flow.escalation_analysis(message.clone()).await?;
        flow.say(format!("{analysis}"));
        if !analysis.should_escalate() {
            return Ok("No handoff: the assistant goes on with the conversation.".to_owned());
        }
        let customer = flow.customer_info(message.clone()).await?;
        let issue = flow.issue_details(message.clone()).await?;
        let number = format!("HO-{:08}", flow.random_below(100_000_000));
        let notification = Notification {
            number: customer_phone.clone(),
            message: format!("Handoff {number}\n{analysis}\nThe customer wrote: {message}"),
        };
        let (protocol, receipt) = flow
            .parallel((flow.protocol(customer, issue), flow.notify(notification)))
            .await?;
        flow.say(format!("WhatsApp: {receipt}"));
        let facts = format!(
            "A colleague takes over case {number} and answers {}. You will be called at \
             {customer_phone}.",
            analysis.when()
        );
        let farewell = flow.completion(facts).await?;
        Ok(format!(
            "# Handoff {number}\n\n{protocol}\n\n## To the customer\n\n{farewell}"
        ))
    }
}

fn main() -> Result<ExitCode> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if let [command, outbox] = arguments.as_slice()
        && command == whatsapp_server::COMMAND
    {
        return Ok(whatsapp_server::serve(outbox.as_ref()));
    }
    let reader = |name: &str| {
        Agent::builder(name)
            .role("reads what customers write to a payment company")
            .instructions("Take what the message says. Invent nothing.")
    };
    let workflow = Handoff {
        analyst: reader("Escalation Analyst").output::<Analysis>().build()?,
        collector: reader("Information Collector")
            .output::<Customer>()
            .build()?,
        describer: reader("Issue Describer").output::<Issue>().build()?,
        clerk: Agent::builder("Protocol Generator")
            .instructions("Write a protocol of three sentences for the person who takes over.")
            .build()?,
        host: Agent::builder("Host")
            .role("takes leave of customers who are handed over")
            .instructions("Say in two sentences who takes over, and what happens next.")
            .build()?,
        whatsapp: WhatsApp::of_this_program("whatsapp-outbox.jsonl")?,
    };
    Ok(agno::app().workflow(workflow).main())
}
