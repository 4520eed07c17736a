//! The tables, and how older ones become current. All are in the schema `staffel`, so that the database may hold other
//! things as well.

use deadpool_postgres::GenericClient;
use tokio_postgres::{Error, error::SqlState};

use super::{Database, DatabaseError, Failure, explain};

/// The first version with `pg_xact_status` for transactions of a name that does not wrap around.
pub const OLDEST: &str = "PostgreSQL 13";
const OLDEST_NUMBER: i32 = 130_000;

/// Whoever changes tables keeps others out meanwhile.
const CHANGING: i64 = 0x5354_464c_0001;

/// One step a version, applied in order. A released step is never edited: add the next one. Every order is that of bytes,
/// as in Rust: the database's own depends on where it was made.
const MIGRATIONS: [&str; 1] = [r#"
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
    CREATE TABLE staffel.versions (about text PRIMARY KEY, number bigint NOT NULL);
    INSERT INTO staffel.versions VALUES ('agents', 0), ('people', 0);
    CREATE FUNCTION staffel.changed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE staffel.versions SET number = number + 1 WHERE about = TG_ARGV[0];
            RETURN NULL;
        END
    $$;
    CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON staffel.agent EXECUTE FUNCTION staffel.changed('agents');
    CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON staffel.person EXECUTE FUNCTION staffel.changed('people');
    CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON staffel.device EXECUTE FUNCTION staffel.changed('people');
    CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON staffel.token EXECUTE FUNCTION staffel.changed('people');
    CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON staffel.passkey EXECUTE FUNCTION staffel.changed('people');
    CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON staffel.secret EXECUTE FUNCTION staffel.changed('people');
"#];

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

/// Looks at the database, and brings its tables to the version of this build.
pub async fn prepare(database: &Database) -> Result<(), DatabaseError> {
    let name = || database.name();
    let away = |failure: Failure| DatabaseError::Away {
        database: name(),
        why: failure.to_string(),
    };
    let failed = |error: Error| refused(name(), &error);
    let mut client = database.client().await.map_err(away)?;
    let about = client
        .query_one(
            "SELECT current_setting('server_version_num')::int, current_setting('server_version'), pg_is_in_recovery(),
             current_setting('server_encoding')",
            &[],
        )
        .await
        .map_err(failed)?;
    let text = |column| -> Result<String, DatabaseError> { about.try_get(column).map_err(failed) };
    if about.try_get::<_, i32>(0).map_err(failed)? < OLDEST_NUMBER {
        return Err(DatabaseError::TooOld {
            database: name(),
            found: text(1)?,
        });
    }
    if about.try_get(2).map_err(failed)? {
        return Err(DatabaseError::Replica { database: name() });
    }
    let encoding = text(3)?;
    if encoding != "UTF8" {
        return Err(DatabaseError::Encoding {
            database: name(),
            found: encoding,
        });
    }
    let transaction = client.transaction().await.map_err(failed)?;
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&CHANGING])
        .await
        .map_err(failed)?;
    let found = transaction
        .query_one(
            "SELECT to_regnamespace('staffel') IS NOT NULL, to_regclass('staffel.meta') IS NOT NULL,
             EXISTS (SELECT FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'staffel')",
            &[],
        )
        .await
        .map_err(failed)?;
    let is = |column| -> Result<bool, DatabaseError> { found.try_get(column).map_err(failed) };
    let (schema, ours, anything) = (is(0)?, is(1)?, is(2)?);
    if anything && !ours {
        return Err(DatabaseError::Foreign { database: name() });
    }
    if !ours {
        if !schema {
            transaction
                .batch_execute("CREATE SCHEMA staffel")
                .await
                .map_err(failed)?;
        }
        transaction
            .batch_execute(
                "CREATE TABLE staffel.meta (name text PRIMARY KEY, value text NOT NULL);
                 INSERT INTO staffel.meta VALUES ('version', '0')",
            )
            .await
            .map_err(failed)?;
    }
    let version = meta(&transaction, "version").await.map_err(failed)?;
    let Some(version) = version.and_then(|version| version.parse::<i32>().ok()) else {
        return Err(DatabaseError::Foreign { database: name() });
    };
    if version > VERSION {
        return Err(DatabaseError::Newer {
            database: name(),
            found: version,
            known: VERSION,
        });
    }
    for step in &MIGRATIONS[usize::try_from(version).unwrap_or(0)..] {
        transaction.batch_execute(step).await.map_err(failed)?;
    }
    let set = "UPDATE staffel.meta SET value = $1 WHERE name = 'version'";
    transaction
        .execute(set, &[&VERSION.to_string()])
        .await
        .map_err(failed)?;
    let format = meta(&transaction, "derived_format").await.map_err(failed)?;
    if format.as_deref() != Some(DERIVED_FORMAT) {
        if format.is_some() {
            tracing::info!(
                "what lists and search know comes from another version and is made again"
            );
        }
        clear_derived(&transaction).await.map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)
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

fn refused(database: String, error: &Error) -> DatabaseError {
    let why = explain(error);
    match error.code() {
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => DatabaseError::Rights { database, why },
        _ => DatabaseError::Away { database, why },
    }
}
