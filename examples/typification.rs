//! Types a customer's conversation, step by step down a hierarchy: business unit, product, motive,
//! submotive. Then three things at once: a check of the hierarchy, a protocol, a report.
//!
//! ```sh
//! cargo run --example typification -- run --conversation-text \
//!     "My credit card was stolen on the train. Somebody has paid with it three times today."
//! cargo run --example typification -- run --conversation-text " "    # refused, nothing is written
//! ```
//!
//! Each level is an enum: a model that names what is not there is asked again. On a real model:
//! `OPENAI_API_KEY=.. cargo run --features openai --example typification ..`.

use agno::prelude::*;

#[path = "typification/hierarchy.rs"]
mod hierarchy;

use hierarchy::{Classification, Motive, Product, Submotive, Unit};

/// What is to be typed.
#[data]
struct Request {
    /// What the customer and the company said.
    #[schemars(length(min = 1, max = 20_000), regex(pattern = r"\S"))]
    conversation_text: String,
}

/// The answer of the first agent.
#[data]
struct UnitSelection {
    /// The business unit that the conversation belongs to.
    business_unit: Unit,
    /// How sure that is, from 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    confidence: f64,
}

/// The answer of the second agent.
#[data]
struct ProductSelection {
    /// The product that the conversation is about.
    product: Product,
}

/// The answer of the third agent.
#[data]
struct MotiveSelection {
    /// Why the customer has written.
    motive: Motive,
}

/// The answer of the fourth agent.
#[data]
struct SubmotiveSelection {
    /// What exactly has happened.
    submotive: Submotive,
}

/// What the session knows of its last conversation.
#[data]
#[derive(Default, State)]
struct Case {
    business_unit: Option<Unit>,
    confidence: Option<f64>,
    product: Option<Product>,
}

/// A typed conversation.
#[data]
struct Typification {
    classification: Classification,
    /// Where the hierarchy is broken; empty if it is not.
    problems: Vec<String>,
    /// For the next person who looks at the case.
    protocol: String,
    /// For whoever counts cases.
    report: String,
}

/// Types conversations.
#[workflow(name = "conversation_typification")]
struct Typify {
    unit: Agent<UnitSelection>,
    product: Agent<ProductSelection>,
    motive: Agent<MotiveSelection>,
    submotive: Agent<SubmotiveSelection>,
    clerk: Agent,
    reporter: Agent,
}

#[workflow(state = Case)]
impl Typify {
    /// The business unit.
    #[step(retry(max = 3, backoff = "1s"), timeout = "1m")]
    async fn business_unit(&self, case: &mut Case, text: String) -> Result<Unit> {
        let answer = self.unit.run(text).await?;
        case.business_unit = Some(answer.business_unit);
        case.confidence = Some(answer.confidence);
        Ok(answer.business_unit)
    }

    /// The product, of those of the unit.
    #[step(retry(max = 3, backoff = "1s"), timeout = "1m")]
    async fn product(&self, case: &mut Case, unit: Unit, text: String) -> Result<Product> {
        let prompt = format!("{text}\n\nBusiness unit: {unit}");
        let answer = self.product.run(prompt).await?;
        case.product = Some(answer.product);
        Ok(answer.product)
    }

    /// Why the customer has written.
    #[step(retry(max = 3, backoff = "1s"), timeout = "1m")]
    async fn motive(&self, product: Product, text: String) -> Result<Motive> {
        let prompt = format!("{text}\n\nProduct: {product}");
        Ok(self.motive.run(prompt).await?.motive)
    }

    /// What exactly has happened.
    #[step(retry(max = 3, backoff = "1s"), timeout = "1m")]
    async fn submotive(&self, motive: Motive, text: String) -> Result<Submotive> {
        let prompt = format!("{text}\n\nMotive: {motive}");
        Ok(self.submotive.run(prompt).await?.submotive)
    }

    /// Checks that each level belongs to the one above it.
    #[step]
    fn validate(&self, classification: Classification) -> Vec<String> {
        classification.problems()
    }

    /// Writes down the case.
    #[step(retry(max = 3, backoff = "1s"), timeout = "2m")]
    async fn protocol(&self, text: String) -> Result<String> {
        self.clerk.run(text).await
    }

    /// Writes a line for the statistics.
    #[step(retry(max = 3, backoff = "1s"), timeout = "2m")]
    async fn report(&self, classification: Classification, text: String) -> Result<String> {
        let line = self.reporter.run(text).await?;
        Ok(format!("{classification}: {line}"))
    }

    #[flow]
    async fn run(flow: &Flow<Self>, request: Request) -> Result<Typification> {
        let text = request.conversation_text;
        let business_unit = flow.business_unit(text.clone()).await?;
        let product = flow.product(business_unit, text.clone()).await?;
        let motive = flow.motive(product, text.clone()).await?;
        let submotive = flow.submotive(motive, text.clone()).await?;
        let classification = Classification {
            business_unit,
            product,
            motive,
            submotive,
        };
        flow.say(classification.to_string());
        let (problems, protocol, report) = flow
            .parallel((
                flow.validate(classification.clone()),
                flow.protocol(text.clone()),
                flow.report(classification.clone(), text),
            ))
            .await?;
        Ok(Typification {
            classification,
            problems,
            protocol,
            report,
        })
    }
}

fn main() -> Result<ExitCode> {
    let classifier = |name: &str| {
        Agent::builder(name)
            .role("types conversations of a bank with its customers")
            .instructions("Judge by what the customer wants, not by single words.")
    };
    let writer = |name: &str, instructions: &str| {
        let builder = Agent::builder(name).role("writes for the staff of a bank");
        builder.instructions(instructions).build()
    };
    let workflow = Typify {
        unit: classifier("Business Unit Classifier")
            .output::<UnitSelection>()
            .build()?,
        product: classifier("Product Classifier")
            .output::<ProductSelection>()
            .build()?,
        motive: classifier("Motive Classifier")
            .output::<MotiveSelection>()
            .build()?,
        submotive: classifier("Submotive Classifier")
            .output::<SubmotiveSelection>()
            .build()?,
        clerk: writer(
            "Protocol Generator",
            "Write down in three sentences what has happened and what the customer wants.",
        )?,
        reporter: writer(
            "Report Generator",
            "Say in one sentence what the conversation is about. Name nobody.",
        )?,
    };
    Ok(agno::app().workflow(workflow).main())
}
