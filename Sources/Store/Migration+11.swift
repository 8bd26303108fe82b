extension Migration {
    /// Rules in the form of `PermissionRule.wireJSON`.
    ///
    /// An old rule allowed whatever began with its words, `make test -E …` for `make test`: what a
    /// person had seen were those words, so that from here on they are all that it allows.
    static let exactRules = Migration(
        number: 11,
        sql: """
            UPDATE rules SET scope = CASE json_type(scope)
                WHEN 'array' THEN json_object('tool', tool_name, 'command', json(scope))
                ELSE json_object('tool', tool_name, 'path', json_extract(scope, '$')) END;
            UPDATE permissions SET rule = json_object(
                'tool', json_extract(rule, '$.tool'), 'command', json_extract(rule, '$.prefix'))
            WHERE json_type(rule, '$.prefix') = 'array';
            """)
}
