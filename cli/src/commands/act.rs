//! `courtseal KIND ACT`: states an act of a kind, whose options follow from the table of kinds.
//!
//! In: words. Out: a subcommand for each kind that is read by its form, one below it for each act, an option
//! for each field; the act, recorded. Always: nothing here knows a kind. Not for recording: see
//! `crate::notarize`.

use super::command::Command;
use super::options::{self, Nodes, Sending};
use super::recorder::{Recorder, is_of_own_files};
use crate::evidence::open_folder;
use crate::failure::{Exit, usage};
use crate::keys::case::case_tag;
use crate::keys::{MemberKey, read_member};
use crate::notarize::{Draft, Source, record_draft};
use crate::print::Style;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Args, FromArgMatches, Subcommand};
use courtseal_proof::kinds::KINDS;
use courtseal_proof::kinds::field::{Field, FieldType, Value};
use courtseal_proof::kinds::form::{ActForm, Kind};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// An act, as the command line asks for it.
pub struct Acts {
    kind: &'static Kind,
    form: &'static ActForm,
    /// The fields that are given, as they are written.
    given: BTreeMap<&'static str, String>,
    common: Common,
    case_key: Option<PathBuf>,
    document: DocumentOptions,
}

/// Options that every act has.
#[derive(Args, Clone)]
struct Common {
    /// The nodes to ask
    #[command(flatten)]
    nodes: Nodes,
    /// The member's key file
    #[arg(long, env = "COURTSEAL_KEY")]
    key: PathBuf,
    /// The policy that the receipt is checked against [default: that of the genesis which the key file pins]
    #[arg(long, env = "COURTSEAL_POLICY")]
    policy: Option<PathBuf>,
    /// The folder for the receipt, and for what a confidential document needs [default: the one you are in]
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// How the request is sent
    #[command(flatten)]
    sending: Sending,
}

/// Options of acts that have a document.
#[derive(Args, Clone, Default)]
struct DocumentOptions {
    /// Publish the document's digests and size; else the log shows a salted commitment only, and the salt is
    /// kept in an .opening beside the receipt
    #[arg(long)]
    public: bool,
    /// Media type of the document, such as application/pdf
    #[arg(long, value_name = "TYPE/SUBTYPE")]
    media_type: Option<String>,
}

/// The option of tags' fields: its name among the arguments.
const CASE_KEY: &str = "case_key";

/// The kinds whose acts the command line states: those that are read by their forms.
fn kinds() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().map(|row| row.kind).filter(|kind| kind.is_of_forms())
}

fn of_kind(kind: &'static Kind) -> clap::Command {
    // What is said of a command comes last: each group of options brings words of its own.
    let about = format!("State {}", kind.about);
    let command = clap::Command::new(kind.word);
    match kind.acts {
        [only] if !kind.has_act_words() => with_options(command, only).about(about),
        acts => {
            let act = |form: &ActForm| with_options(clap::Command::new(form.word), form).about(sentence(form.about));
            let command = command.about(about);
            command.subcommand_required(true).arg_required_else_help(true).subcommands(acts.iter().map(act))
        }
    }
}

/// The options of an act: those of its fields, then those that every act has.
fn with_options(command: clap::Command, form: &ActForm) -> clap::Command {
    let has = |wanted: &FieldType| form.fields.iter().any(|field| field.holds.as_str() == wanted.as_str());
    let (required, optional): (Vec<_>, Vec<_>) = form.fields.iter().partition(|field| field.is_required);
    let mut command = command.args(required.into_iter().chain(optional).map(option));
    if has(&FieldType::Tag) {
        let help = "The case's private file (mode 0600) of 64 hex digits";
        let tags = form.fields.iter().filter(|field| matches!(field.holds, FieldType::Tag)).map(|field| field.name);
        let group = clap::ArgGroup::new("tags").args(tags).multiple(true);
        let key = Arg::new(CASE_KEY).long(dashed(CASE_KEY)).value_name("FILE").help(help).requires("tags");
        command = command.arg(key.value_parser(clap::value_parser!(PathBuf))).group(group);
    }
    if has(&FieldType::Document) {
        command = DocumentOptions::augment_args(command);
    }
    Common::augment_args(command)
}

/// The option of a field.
fn option(field: &Field) -> Arg {
    let arg = Arg::new(field.name).long(dashed(field.name)).required(field.is_required);
    let about = sentence(field.about);
    match field.holds {
        FieldType::Word(words) => arg.value_name("WORD").value_parser(PossibleValuesParser::new(words)).help(about),
        FieldType::Tag => arg.value_name("NUMBER").help(about).requires(CASE_KEY),
        FieldType::Document => arg
            .value_name("PATH")
            .help(format!("{about}: a file, which is not sent: the log gets a commitment to it, or its digests")),
        FieldType::Time => arg.value_name("TIME").help(format!("{about}, such as 2026-11-23T17:00:00+08:00")),
    }
}

fn dashed(name: &str) -> String {
    name.replace('_', "-")
}

fn sentence(about: &str) -> String {
    let mut letters = about.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

impl Subcommand for Acts {
    fn augment_subcommands(command: clap::Command) -> clap::Command {
        command.subcommands(kinds().map(of_kind))
    }

    fn augment_subcommands_for_update(command: clap::Command) -> clap::Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        kinds().any(|kind| kind.word == name)
    }
}

impl FromArgMatches for Acts {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let unknown = || clap::Error::new(clap::error::ErrorKind::InvalidSubcommand);
        let (word, matches) = matches.subcommand().ok_or_else(unknown)?;
        let kind = kinds().find(|kind| kind.word == word).ok_or_else(unknown)?;
        let (act, matches) = match kind.has_act_words() {
            true => matches.subcommand().ok_or_else(unknown)?,
            false => ("", matches),
        };
        let form = kind.act(act).ok_or_else(unknown)?;
        let text = |field: &'static Field| Some((field.name, matches.get_one::<String>(field.name)?.clone()));
        let has_document = form.fields.iter().any(|field| matches!(field.holds, FieldType::Document));
        Ok(Self {
            kind,
            form,
            given: form.fields.iter().filter_map(text).collect(),
            common: Common::from_arg_matches(matches)?,
            case_key: matches.try_get_one::<PathBuf>(CASE_KEY).ok().flatten().cloned(),
            document: if has_document { DocumentOptions::from_arg_matches(matches)? } else { DocumentOptions::default() },
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Command for Acts {
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let common = &self.common;
        let key = read_member(&common.key)?;
        let draft = self.draft(&key)?;
        let recorder = Recorder::open(&key, &common.nodes, common.policy.as_deref(), &common.sending)?;
        let (wish, choice) = Default::default();
        let folder = open_folder("--save", common.save.as_deref())?;
        let work = recorder.work(&wish, &choice);
        let one = |folder| record_draft(&work, &draft, folder, &recorder.state);
        recorder.record([folder], one, is_of_own_files, style)
    }
}

impl Acts {
    /// The act, its document read.
    fn draft(&self, key: &MemberKey) -> anyhow::Result<Draft> {
        let (mut values, mut source) = (Vec::new(), None);
        for field in self.form.fields {
            let Some(text) = self.given.get(field.name) else { continue };
            let value = match field.holds {
                FieldType::Word(words) => {
                    let word = words.iter().find(|word| *word == text);
                    Value::Word(word.ok_or_else(|| usage(format!("--{} is none of its words", dashed(field.name))))?)
                }
                FieldType::Tag => {
                    let file = self.case_key.as_deref().ok_or_else(|| usage("give the case's key with --case-key"))?;
                    Value::Tag(case_tag(text, file, &key.origin)?)
                }
                FieldType::Time => Value::Time(options::time(&dashed(field.name), text)?),
                FieldType::Document => {
                    let DocumentOptions { public, media_type } = &self.document;
                    source = Some((field.name, Source::new(text.as_ref(), *public, media_type.clone())?));
                    continue;
                }
            };
            values.push((field.name, value));
        }
        let draft = Draft::act((self.kind, self.form), values, source)?;
        options::check_asserted_at(draft.statement.asserted_at())?;
        Ok(draft)
    }
}
