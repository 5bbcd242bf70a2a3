//! `station device …` and `station cohort …`: who is to have what.

use clap::Subcommand;
use release_feed::DeviceSerial;

use super::table::{minute, or_dash, table};
use super::{CommandError, cohort_in_words};
use crate::store::{Actor, Cohort, DeviceRecord, Store};

#[derive(Debug, Subcommand)]
pub(super) enum DeviceCommand {
    /// List devices by their serial numbers
    List {
        /// Only those in this cohort
        #[arg(long)]
        cohort: Option<Cohort>,
        /// Only those after this serial number
        #[arg(long, value_name = "SERIAL")]
        after: Option<DeviceSerial>,
        /// At most so many
        #[arg(long, value_name = "N", default_value = "100")]
        limit: u32,
    },
    /// Put devices into a cohort
    Assign {
        /// Their serial numbers; they need not have been seen yet
        #[arg(required = true)]
        serials: Vec<DeviceSerial>,
        /// The cohort; made if it is missing
        #[arg(long)]
        cohort: Cohort,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum CohortCommand {
    /// List all cohorts
    List,
    /// Make a cohort
    New {
        /// Its name
        name: Cohort,
    },
}

pub(super) async fn devices(store: &Store, command: DeviceCommand) -> Result<String, CommandError> {
    match command {
        DeviceCommand::List { cohort, after, limit } => {
            let devices = store.devices(cohort.as_ref(), after.as_ref(), limit).await?;
            let rows = devices.into_iter().map(row).collect();
            Ok(table(["SERIAL", "COHORT", "HARDWARE", "SOFTWARE TYPE", "VERSION", "LAST SEEN"], rows))
        }
        DeviceCommand::Assign { serials, cohort } => {
            let mut said = String::new();
            for serial in &serials {
                let is_new = store.assign(&Actor::of_command_line(), serial, &cohort).await?;
                said += &format!("Device {serial} is now in {}.\n", cohort_in_words(&cohort, is_new));
            }
            Ok(said)
        }
    }
}

fn row(device: DeviceRecord) -> [String; 6] {
    [
        device.serial,
        device.cohort,
        or_dash(&device.hardware_version),
        or_dash(&device.software_type),
        or_dash(&device.current_version),
        or_dash(&minute(&device.last_seen)),
    ]
}

pub(super) async fn cohorts(store: &Store, command: CohortCommand) -> Result<String, CommandError> {
    match command {
        CohortCommand::List => {
            let cohorts = store.cohorts().await?.into_iter();
            let rows =
                cohorts.map(|cohort| [cohort.name, cohort.devices.to_string(), or_dash(&minute(&cohort.created_date))]);
            Ok(table(["COHORT", "DEVICES", "MADE"], rows.collect()))
        }
        CohortCommand::New { name } => {
            let is_new = store.create_cohort(&Actor::of_command_line(), &name).await?;
            Ok(if is_new {
                format!("Cohort {name} is made.\n")
            } else {
                format!("There is a cohort {name} already.\n")
            })
        }
    }
}
