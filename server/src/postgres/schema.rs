//! The tables, and how older ones become current. All are in the schema `staffel`, so that the database may hold other
//! things as well.

use deadpool_postgres::{GenericClient, Object};
use tokio_postgres::{Error, error::SqlState};

use super::{Database, DatabaseError, explain};

/// The first version that makes random ids by itself (`gen_random_uuid`).
pub const OLDEST: &str = "PostgreSQL 13";
const OLDEST_NUMBER: i32 = 130_000;

/// Whoever changes tables keeps others out meanwhile.
const CHANGING: i64 = 0x5354_464c_0001;
/// The lock of those who write facts: servers share it, and whoever changes everything holds it alone.
pub const WRITERS: i64 = 0x5354_464c_0002;

/// A step from one version of the tables to the next.
struct Step {
    /// Whether servers of the version before can go on beside it.
    beside: bool,
    sql: &'static str,
}

/// One step a version, applied in order. A released step is never edited: add the next one. Every order is that of bytes,
/// as in Rust: the database's own depends on where it was made.
const MIGRATIONS: [Step; 2] = [
    Step {
        beside: false,
        sql: FIRST,
    },
    Step {
        beside: true,
        sql: NODES,
    },
];

/// What nodes of one database tell each other.
const NODES: &str = r#"
    -- In which file `head` was when the epoch began: a restored backup has it in another one.
    ALTER TABLE staffel.epochs ADD COLUMN file bigint NOT NULL DEFAULT 0;
    -- Who does what only one node should do. `term` counts the holders.
    CREATE TABLE staffel.lease (
        name text PRIMARY KEY, holder text NOT NULL, term bigint NOT NULL, until timestamptz NOT NULL
    );
    CREATE TABLE staffel.node (
        process text PRIMARY KEY, version text NOT NULL, agents text NOT NULL, seen timestamptz NOT NULL
    );
    -- What is known for some minutes. A crash of the database may lose it.
    CREATE UNLOGGED TABLE staffel.moment (
        kind text NOT NULL, id text COLLATE "C" NOT NULL, value text NOT NULL, until timestamptz NOT NULL,
        PRIMARY KEY (kind, id)
    );
    CREATE INDEX moment_until ON staffel.moment (until);
"#;

const FIRST: &str = r#"
    CREATE TABLE staffel.epochs (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, start bigint NOT NULL
    );
    -- One row. Whoever appends locks it: positions are dense and in the order of commits.
    CREATE TABLE staffel.head (single boolean PRIMARY KEY DEFAULT true CHECK (single), position bigint NOT NULL);
    INSERT INTO staffel.head (position) VALUES (0);
    CREATE TABLE staffel.events (
        position  bigint PRIMARY KEY,
        batch_end bigint NOT NULL,
        pipeline  text COLLATE "C" NOT NULL,
        revision  bigint NOT NULL,
        at        bigint NOT NULL,
        actor     text NOT NULL,
        key       text,
        event     text NOT NULL,
        UNIQUE (pipeline, revision)
    );
    CREATE INDEX events_of_pipeline ON staffel.events (pipeline, position);
    CREATE TABLE staffel.keys (
        scope    text COLLATE "C" NOT NULL,
        key      text COLLATE "C" NOT NULL,
        digest   bytea NOT NULL,
        pipeline text COLLATE "C" NOT NULL,
        at       bigint NOT NULL,
        PRIMARY KEY (scope, key)
    );
    CREATE INDEX keys_by_age ON staffel.keys (at);
    -- As bytes: a text of PostgreSQL cannot have the character NUL, and a document may.
    CREATE TABLE staffel.documents (hash bytea PRIMARY KEY, text bytea NOT NULL);
    CREATE TABLE staffel.files (
        pipeline text COLLATE "C" NOT NULL, hash bytea NOT NULL, size bigint NOT NULL, media text NOT NULL,
        bytes bytea NOT NULL, PRIMARY KEY (pipeline, hash)
    );
    ALTER TABLE staffel.files ALTER COLUMN bytes SET STORAGE EXTERNAL;

    -- What tells this Staffel from others on the same host.
    INSERT INTO staffel.meta VALUES ('instance', substr(md5(gen_random_uuid()::text), 1, 8));
    CREATE TABLE staffel.agent (
        name text COLLATE "C" PRIMARY KEY, scope text NOT NULL, token text NOT NULL UNIQUE, hash bytea NOT NULL,
        added bigint NOT NULL, revoked bigint
    );
    CREATE TABLE staffel.session (id text PRIMARY KEY, state text NOT NULL, used bigint NOT NULL, agent text, watched text);
    CREATE INDEX session_used ON staffel.session (used);
    CREATE TABLE staffel.person (
        name text COLLATE "C" PRIMARY KEY, alike text COLLATE "C" NOT NULL UNIQUE, role text NOT NULL, added bigint NOT NULL,
        disabled bigint
    );
    CREATE TABLE staffel.device (
        id text COLLATE "C" PRIMARY KEY, hash bytea NOT NULL, person text COLLATE "C" NOT NULL, label text NOT NULL,
        added bigint NOT NULL, used bigint NOT NULL
    );
    CREATE TABLE staffel.code (hash bytea PRIMARY KEY, person text COLLATE "C", expires bigint NOT NULL);
    CREATE TABLE staffel.audit (
        number bigint PRIMARY KEY, at bigint NOT NULL, who text, origin text NOT NULL, what text NOT NULL, about text NOT NULL
    );
    CREATE TABLE staffel.settings (single boolean PRIMARY KEY DEFAULT true CHECK (single), digests text NOT NULL);
    CREATE TABLE staffel.seen (person text COLLATE "C" PRIMARY KEY, number bigint NOT NULL);
    CREATE TABLE staffel.passkey (
        id text COLLATE "C" PRIMARY KEY, person text COLLATE "C" NOT NULL, "user" text NOT NULL, site text NOT NULL,
        label text NOT NULL, key text NOT NULL, added bigint NOT NULL, used bigint
    );
    CREATE TABLE staffel.secret (
        person text COLLATE "C" NOT NULL, kind text NOT NULL, hash text NOT NULL, PRIMARY KEY (person, kind)
    );
    CREATE TABLE staffel.token (
        id text COLLATE "C" PRIMARY KEY, hash bytea NOT NULL, person text COLLATE "C" NOT NULL, label text NOT NULL,
        scope text NOT NULL, added bigint NOT NULL, expires bigint NOT NULL, used bigint
    );
    CREATE TABLE staffel.push_key (single boolean PRIMARY KEY DEFAULT true CHECK (single), key bytea NOT NULL);
    CREATE TABLE staffel.push (
        device text COLLATE "C" PRIMARY KEY, endpoint text NOT NULL, p256dh bytea NOT NULL, auth bytea NOT NULL, lang text NOT NULL
    );
    CREATE TABLE staffel.wish (person text COLLATE "C" PRIMARY KEY, wishes text NOT NULL);

    CREATE TABLE staffel.receiver (name text COLLATE "C" PRIMARY KEY, epoch text NOT NULL, position bigint NOT NULL);
    CREATE TABLE staffel.notice (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, receiver text COLLATE "C" NOT NULL, id text NOT NULL,
        delivery text NOT NULL UNIQUE, body text NOT NULL, made bigint NOT NULL, tries bigint NOT NULL DEFAULT 0,
        next bigint NOT NULL, outcome text, ended bigint, UNIQUE (receiver, id)
    );
    CREATE INDEX notice_waits ON staffel.notice (receiver, next, number) WHERE ended IS NULL;
    CREATE INDEX notice_ended ON staffel.notice (ended) WHERE ended IS NOT NULL;

    -- What changed beside the journal: whoever keeps it in memory looks at a number instead of everything.
    -- Each process has its own row, since what it has changed itself it knows.
    CREATE TABLE staffel.versions (about text, process text, number bigint NOT NULL, PRIMARY KEY (about, process));
    CREATE FUNCTION staffel.changed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO staffel.versions AS mine VALUES (TG_ARGV[0], coalesce(current_setting('staffel.process', true), ''), 1)
            ON CONFLICT (about, process) DO UPDATE SET number = mine.number + 1;
            RETURN NULL;
        END
    $$;
    -- Before the change: whoever has the row of `versions` waits for no other row afterwards that somebody has who waits for it.
    CREATE TRIGGER changed BEFORE INSERT OR UPDATE OR DELETE ON staffel.agent EXECUTE FUNCTION staffel.changed('agents');
    CREATE TRIGGER changed BEFORE INSERT OR UPDATE OR DELETE ON staffel.person EXECUTE FUNCTION staffel.changed('people');
    CREATE TRIGGER changed BEFORE INSERT OR UPDATE OR DELETE ON staffel.device EXECUTE FUNCTION staffel.changed('people');
    CREATE TRIGGER changed BEFORE INSERT OR UPDATE OR DELETE ON staffel.token EXECUTE FUNCTION staffel.changed('people');
    CREATE TRIGGER changed BEFORE INSERT OR UPDATE OR DELETE ON staffel.passkey EXECUTE FUNCTION staffel.changed('people');
    CREATE TRIGGER changed BEFORE INSERT OR UPDATE OR DELETE ON staffel.secret EXECUTE FUNCTION staffel.changed('people');
"#;

/// The shape of what is derived from the facts. Another number: it is thrown away and made again.
const DERIVED_FORMAT: &str = "1";

/// What is derived. Not a migration: it is dropped and made again when [`DERIVED_FORMAT`] changes.
const DERIVED: &str = r#"
    DROP TABLE IF EXISTS staffel.summaries, staffel.snapshots, staffel.places, staffel.to_index;
    CREATE TABLE staffel.summaries (
        pipeline text COLLATE "C" PRIMARY KEY,
        project  text COLLATE "C" NOT NULL,
        state    text COLLATE "C" NOT NULL,
        awaiting boolean NOT NULL,
        sort_key bigint NOT NULL,
        ended    bigint NOT NULL,
        summary  text NOT NULL
    );
    CREATE INDEX summaries_in_order ON staffel.summaries (sort_key, pipeline);
    CREATE INDEX summaries_of_state ON staffel.summaries (state, sort_key, pipeline);
    CREATE INDEX summaries_of_project ON staffel.summaries (project, sort_key, pipeline);
    CREATE INDEX summaries_to_count ON staffel.summaries (state, awaiting);
    CREATE INDEX summaries_by_end ON staffel.summaries (state, ended);
    CREATE TABLE staffel.snapshots (
        pipeline text COLLATE "C" NOT NULL, revision bigint NOT NULL, position bigint NOT NULL, state text NOT NULL,
        PRIMARY KEY (pipeline, revision)
    );
    -- `text` as bytes, like documents.
    CREATE TABLE staffel.places (
        id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        pipeline text COLLATE "C" NOT NULL,
        found_in text NOT NULL,
        hash     bytea,
        start    bigint NOT NULL,
        length   bigint NOT NULL,
        text     bytea,
        words    tsvector NOT NULL
    );
    CREATE INDEX places_of_pipeline ON staffel.places (pipeline, found_in);
    CREATE INDEX places_of_words ON staffel.places USING gin (words);
    CREATE TABLE staffel.to_index (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, pipeline text NOT NULL, found_in text NOT NULL,
        hash bytea NOT NULL, start bigint NOT NULL
    );
    DELETE FROM staffel.meta WHERE name IN ('derived_format', 'derived_position');
    INSERT INTO staffel.meta VALUES ('derived_position', '0');
"#;

/// The version of the tables that this build writes.
const VERSION: i32 = MIGRATIONS.len() as i32;

/// The oldest version of the tables whose builds can go on with those of this one.
const WORKS_WITH: i32 = 1;

/// What there is in a database.
#[derive(PartialEq, Eq)]
enum There {
    /// Nothing of Staffel's.
    Nothing,
    /// What this build wants.
    Current,
    /// What this build has to change.
    Other {
        /// The version of the tables.
        version: i32,
        /// Whether what is derived is to be made anew.
        derived: bool,
    },
}

/// Whether Staffel has kept anything in a database. Changes nothing.
pub async fn is_known(database: &Database) -> Result<bool, DatabaseError> {
    let client = client(database).await?;
    Ok(look(database, &client).await? != There::Nothing)
}

/// Refuses a database into which a move has not ended: half of everything looks like everything.
pub async fn refuse_unfinished(database: &Database) -> Result<(), DatabaseError> {
    let client = client(database).await?;
    let moving = moving_into(&client).await;
    match moving.map_err(|error| refused(database, error))? {
        Some(_) => Err(DatabaseError::Unfinished {
            database: database.name(),
        }),
        None => Ok(()),
    }
}

/// Which Staffel moves into a database and has not ended: its instance.
///
/// # Errors
/// What the database says.
pub async fn moving_into(client: &impl GenericClient) -> Result<Option<String>, Error> {
    meta(client, "moving").await
}

/// Looks at a database, and brings its tables to the version of this build. Under servers that are at work on
/// them only where they can go on with it.
pub async fn prepare(database: &Database) -> Result<(), DatabaseError> {
    let failed = |error: Error| refused(database, error);
    let mut client = client(database).await?;
    if look(database, &client).await? == There::Current {
        return Ok(());
    }
    let transaction = client.transaction().await.map_err(failed)?;
    let lock = "SELECT pg_advisory_xact_lock($1)";
    transaction
        .execute(lock, &[&CHANGING])
        .await
        .map_err(failed)?;
    // Another one may have been faster.
    let version = match look(database, &transaction).await? {
        There::Current => return Ok(()),
        There::Nothing => {
            create(&transaction).await.map_err(failed)?;
            0
        }
        There::Other { version, derived } => {
            let beside = pending(version).iter().all(|step| step.beside);
            if derived || !beside {
                let alone = "SELECT pg_try_advisory_xact_lock($1)";
                let alone = transaction.query_one(alone, &[&WRITERS]).await;
                let alone: bool = alone.and_then(|row| row.try_get(0)).map_err(failed)?;
                if !alone {
                    return Err(DatabaseError::AtWork {
                        database: database.name(),
                    });
                }
            }
            if derived {
                tracing::info!(
                    "what lists and search know comes from another version and is made again"
                );
            }
            version
        }
    };
    for step in pending(version) {
        transaction.batch_execute(step.sql).await.map_err(failed)?;
    }
    let set = "INSERT INTO staffel.meta VALUES ('version', $1), ('works_with', $2)
               ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    transaction
        .execute(set, &[&VERSION.to_string(), &WORKS_WITH.to_string()])
        .await
        .map_err(failed)?;
    let format = meta(&transaction, "derived_format").await.map_err(failed)?;
    if format.as_deref() != Some(DERIVED_FORMAT) {
        clear_derived(&transaction).await.map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)
}

/// The steps after a version.
fn pending(version: i32) -> &'static [Step] {
    &MIGRATIONS[usize::try_from(version).unwrap_or(0)..]
}

async fn client(database: &Database) -> Result<Object, DatabaseError> {
    let client = database.client().await;
    client.map_err(|failure| database.refused(failure))
}

/// Looks whether a database can be used, and what there is in it.
async fn look(database: &Database, client: &impl GenericClient) -> Result<There, DatabaseError> {
    let name = || database.name();
    let failed = |error: Error| refused(database, error);
    let about = client
        .query_one(
            "SELECT current_setting('server_version_num')::int, current_setting('server_version'), pg_is_in_recovery(),
             current_setting('server_encoding'), to_regclass('staffel.meta') IS NOT NULL,
             EXISTS (SELECT FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'staffel')",
            &[],
        )
        .await
        .map_err(failed)?;
    let text = |column| -> Result<String, DatabaseError> { about.try_get(column).map_err(failed) };
    let is = |column| -> Result<bool, DatabaseError> { about.try_get(column).map_err(failed) };
    if about.try_get::<_, i32>(0).map_err(failed)? < OLDEST_NUMBER {
        return Err(DatabaseError::TooOld {
            database: name(),
            found: text(1)?,
        });
    }
    if is(2)? {
        return Err(DatabaseError::Replica { database: name() });
    }
    let encoding = text(3)?;
    if encoding != "UTF8" {
        return Err(DatabaseError::Encoding {
            database: name(),
            found: encoding,
        });
    }
    if !is(4)? {
        return match is(5)? {
            true => Err(DatabaseError::Foreign { database: name() }),
            false => Ok(There::Nothing),
        };
    }
    let version = meta(client, "version").await.map_err(failed)?;
    let Some(version) = version.and_then(|version| version.parse::<i32>().ok()) else {
        return Err(DatabaseError::Foreign { database: name() });
    };
    let works_with = meta(client, "works_with").await.map_err(failed)?;
    let works_with = works_with.and_then(|version| version.parse::<i32>().ok());
    if version > VERSION && works_with.is_none_or(|oldest| oldest > VERSION) {
        return Err(DatabaseError::Newer {
            database: name(),
            found: version,
            known: VERSION,
        });
    }
    let format = meta(client, "derived_format").await.map_err(failed)?;
    let derived = format.as_deref() != Some(DERIVED_FORMAT);
    Ok(match version >= VERSION && !derived {
        true => There::Current,
        false => There::Other { version, derived },
    })
}

async fn create(client: &impl GenericClient) -> Result<(), Error> {
    let schema = "SELECT to_regnamespace('staffel') IS NOT NULL";
    let schema: bool = client.query_one(schema, &[]).await?.try_get(0)?;
    if !schema {
        client.batch_execute("CREATE SCHEMA staffel").await?;
    }
    client
        .batch_execute(
            "CREATE TABLE staffel.meta (name text PRIMARY KEY, value text NOT NULL);
             INSERT INTO staffel.meta VALUES ('version', '0')",
        )
        .await
}

/// Throws away what is derived.
///
/// # Errors
/// What the database says.
pub async fn clear_derived(client: &impl GenericClient) -> Result<(), Error> {
    client.batch_execute(DERIVED).await?;
    let insert = "INSERT INTO staffel.meta VALUES ('derived_format', $1)";
    client.execute(insert, &[&DERIVED_FORMAT]).await?;
    Ok(())
}

async fn meta(client: &impl GenericClient, name: &str) -> Result<Option<String>, Error> {
    let select = "SELECT value FROM staffel.meta WHERE name = $1";
    let found = client.query_opt(select, &[&name]).await?;
    found.map(|row| row.try_get(0)).transpose()
}

fn refused(database: &Database, error: Error) -> DatabaseError {
    match error.code() {
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => DatabaseError::Rights {
            database: database.name(),
            why: explain(&error),
        },
        _ => database.refused(error.into()),
    }
}
