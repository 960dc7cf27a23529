//! The hierarchy: each product has a business unit, each submotive a motive.

use std::fmt;

use agno::prelude::*;

/// A business unit of the bank.
#[data]
#[derive(Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    /// Credit and debit cards.
    Cards,
    /// Current and savings accounts, transfers, the app.
    Accounts,
    /// Loans and mortgages.
    Loans,
}

/// A product of the bank.
#[data]
#[derive(Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Product {
    CreditCard,
    DebitCard,
    CurrentAccount,
    SavingsAccount,
    PersonalLoan,
    Mortgage,
}

/// Why a customer writes.
#[data]
#[derive(Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Motive {
    /// A card was stolen or lost, or somebody else uses it or the account.
    Security,
    /// A payment, a transfer or a charge is wrong, missing or doubled.
    Payment,
    /// The app or the website does not work, or a password is forgotten.
    Access,
    /// A question about fees, rates, limits and other conditions.
    Conditions,
}

/// What exactly has happened.
#[data]
#[derive(Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Submotive {
    /// A card was stolen or lost.
    StolenOrLost,
    /// Somebody else has paid with it.
    Fraud,
    /// The same sum was charged twice.
    ChargedTwice,
    /// A transfer or payment has not arrived.
    NotArrived,
    /// A password or code is forgotten or blocked.
    Password,
    /// The app or website shows an error.
    AppError,
    /// What something costs: fees, interest rates.
    Costs,
    /// A limit is to be changed.
    Limit,
}

/// A conversation's place in the hierarchy.
#[data]
pub(crate) struct Classification {
    pub(crate) business_unit: Unit,
    pub(crate) product: Product,
    pub(crate) motive: Motive,
    pub(crate) submotive: Submotive,
}

impl Product {
    fn unit(self) -> Unit {
        match self {
            Self::CreditCard | Self::DebitCard => Unit::Cards,
            Self::CurrentAccount | Self::SavingsAccount => Unit::Accounts,
            Self::PersonalLoan | Self::Mortgage => Unit::Loans,
        }
    }
}

impl Submotive {
    fn motive(self) -> Motive {
        match self {
            Self::StolenOrLost | Self::Fraud => Motive::Security,
            Self::ChargedTwice | Self::NotArrived => Motive::Payment,
            Self::Password | Self::AppError => Motive::Access,
            Self::Costs | Self::Limit => Motive::Conditions,
        }
    }
}

impl Classification {
    /// Where a level does not belong to the one above it.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.product.unit() != self.business_unit {
            problems.push(format!(
                "{} is no product of {}",
                self.product, self.business_unit
            ));
        }
        if self.submotive.motive() != self.motive {
            problems.push(format!("{} is no case of {}", self.submotive, self.motive));
        }
        problems
    }
}

impl fmt::Display for Classification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            business_unit,
            product,
            motive,
            submotive,
        } = self;
        write!(f, "{business_unit} › {product} › {motive} › {submotive}")
    }
}

/// As it is written in JSON, with spaces.
macro_rules! named {
    ($($Level:ident),*) => {$(
        impl fmt::Display for $Level {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let name = serde_json::to_value(self).map_err(|_| fmt::Error)?;
                f.write_str(&name.as_str().unwrap_or_default().replace('_', " "))
            }
        }
    )*};
}

named!(Unit, Product, Motive, Submotive);
