extension Migration {
    /// How much sessions and teams keep, counted by the database itself, so that no way of writing a
    /// message goes uncounted; and how far a session's old tool results were shortened.
    ///
    /// A row counts with 256 bytes beside its texts.
    static let sizes = Migration(
        number: 10,
        sql: """
            ALTER TABLE teams ADD COLUMN kept_bytes INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE sessions ADD COLUMN message_bytes INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE sessions ADD COLUMN transcript_bytes INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE sessions ADD COLUMN messages_shortened INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE sessions ADD COLUMN transcript_shortened INTEGER NOT NULL DEFAULT 0;

            UPDATE sessions SET
                message_bytes = (SELECT coalesce(sum(\(size(of: "messages"))), 0)
                    FROM messages WHERE session_id = sessions.id),
                transcript_bytes = (SELECT coalesce(sum(length(content) + 256), 0)
                    FROM transcript WHERE session_id = sessions.id);
            UPDATE teams SET kept_bytes = (SELECT coalesce(sum(message_bytes + transcript_bytes), 0)
                FROM sessions WHERE team_id = teams.id);

            CREATE TRIGGER message_added AFTER INSERT ON messages BEGIN
                UPDATE sessions SET message_bytes = message_bytes + \(size(of: "new"))
                    WHERE id = new.session_id;
            END;
            CREATE TRIGGER message_changed AFTER UPDATE OF text, tool_input, result ON messages
            WHEN \(size(of: "new")) <> \(size(of: "old")) BEGIN
                UPDATE sessions SET message_bytes
                    = message_bytes + \(size(of: "new")) - \(size(of: "old"))
                    WHERE id = new.session_id;
            END;
            CREATE TRIGGER message_removed AFTER DELETE ON messages BEGIN
                UPDATE sessions SET message_bytes = message_bytes - \(size(of: "old"))
                    WHERE id = old.session_id;
            END;
            CREATE TRIGGER entry_added AFTER INSERT ON transcript BEGIN
                UPDATE sessions SET transcript_bytes = transcript_bytes + length(new.content) + 256
                    WHERE id = new.session_id;
            END;
            CREATE TRIGGER entry_changed AFTER UPDATE OF content ON transcript BEGIN
                UPDATE sessions SET transcript_bytes
                    = transcript_bytes + length(new.content) - length(old.content)
                    WHERE id = new.session_id;
            END;
            CREATE TRIGGER entry_removed AFTER DELETE ON transcript BEGIN
                UPDATE sessions SET transcript_bytes = transcript_bytes - length(old.content) - 256
                    WHERE id = old.session_id;
            END;
            CREATE TRIGGER session_grew AFTER UPDATE OF message_bytes, transcript_bytes ON sessions
            BEGIN
                UPDATE teams SET kept_bytes = kept_bytes + new.message_bytes + new.transcript_bytes
                    - old.message_bytes - old.transcript_bytes
                    WHERE id = new.team_id;
            END;
            CREATE TRIGGER session_removed AFTER DELETE ON sessions BEGIN
                UPDATE teams SET kept_bytes = kept_bytes - old.message_bytes - old.transcript_bytes
                    WHERE id = old.team_id;
            END;
            """)

    /// Of a row of messages; a text's own length is in characters.
    static func size(of row: String) -> String {
        let texts = ["text", "tool_input", "result"].map { column in
            "coalesce(length(CAST(\(row).\(column) AS BLOB)), 0)"
        }
        return "(256 + \(texts.joined(separator: " + ")))"
    }
}
