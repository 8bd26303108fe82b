/// Every route of CONTRACT §4, each once.
package enum RouteTable {
    package static let all: [Route] =
        status + access + sessions + permissions + events + owners + workspaces + configuration

    private static let status = [
        Route(.get, "/health", .health, "Whether this process answers.", 200, .health),
        Route(
            .get, "/ready", .readiness, "Whether hub, store and workers are there.", 200,
            .readiness),
        Route(.get, "/metrics", .metrics, "Measurements of all processes for Prometheus.", 200),
        Route(.get, "/openapi.json", .description, "This document.", 200, .description),
    ]

    private static let access = [
        Route(
            .post, "/api/auth/login", asking: .login, "Trades a password for a login cookie.",
            body: .loginRequest, 200, .principal),
        Route(.post, "/api/auth/logout", asking: .logout, "Ends the login of the cookie.", 204),
        Route(
            .get, "/api/auth/me", asking: .whoAmI, "Whom the credential acts as.", 200, .principal),
        Route(
            .get, "/api/auth/logins", asking: .listLogins, "Where the person is signed in.", 200,
            .loginList),
        Route(
            .delete, "/api/auth/logins", asking: .endLogins,
            "Signs the person out everywhere; open connections are closed.", query: [.keep], 204),
        Route(
            .delete, "/api/auth/logins/{id}", asking: .endLogin, "Ends one of the person's logins.",
            204),
        Route(
            .put, "/api/auth/password", asking: .changePassword,
            "Changes the person's password; every other login ends.", body: .passwordRequest, 204),
        Route(
            .get, "/api/keys", asking: .listKeys, "The team's API keys.",
            query: QueryParameter.page, 200,
            .keyList),
        Route(
            .post, "/api/keys", asking: .createKey, "Makes an API key, shown in this answer only.",
            body: .keyRequest, 201, .newKey),
        Route(
            .delete, "/api/keys/{id}", asking: .deleteKey,
            "Revokes a key; its open connections are closed.", 204),
        Route(
            .get, "/api/users", asking: .listUsers, "The team's people.",
            query: QueryParameter.page, 200, .userList),
        Route(
            .post, "/api/users", asking: .createUser,
            "Makes an account that signs in with a password.", body: .userRequest, 201, .user),
        Route(
            .delete, "/api/users/{id}", asking: .deleteUser,
            "Deletes an account; its logins end.", 204),
    ]

    private static let sessions = [
        Route(
            .get, "/api/sessions", asking: .listSessions, "The team's sessions.",
            query: QueryParameter.page + [.status, .text], 200, .sessionList),
        Route(
            .post, "/api/sessions", asking: .createSession, "Begins a session.",
            body: .sessionRequest, 201,
            .session),
        Route(.get, "/api/sessions/{id}", asking: .getSession, "One session.", 200, .session),
        Route(
            .patch, "/api/sessions/{id}", asking: .updateSession,
            "Changes the fields that are given.",
            body: .sessionChange, 200, .session),
        Route(
            .delete, "/api/sessions/{id}", asking: .deleteSession, "Ends a session and forgets it.",
            204),
        Route(
            .get, "/api/sessions/{id}/messages", asking: .listMessages, "The transcript.",
            query: QueryParameter.page + [.order], 200, .messageList),
        Route(
            .post, "/api/sessions/{id}/messages", asking: .createMessage,
            "Sends a message to the agent; it is durable before the answer.",
            body: .messageRequest, 202, .acceptedMessage),
        Route(
            .delete, "/api/sessions/{id}/messages/{messageId}", asking: .deleteMessage,
            "Takes back a message that waits for its turn.", 204),
        Route(
            .post, "/api/sessions/{id}/abort", asking: .abortSession,
            "Stops the run and tells whether there was one.", 200, .aborted),
    ]

    private static let permissions = [
        Route(
            .get, "/api/permissions", asking: .listTeamPermissions,
            "What the team's agents wait for.",
            query: QueryParameter.page, 200, .permissionList),
        Route(
            .get, "/api/sessions/{id}/permissions", asking: .listSessionPermissions,
            "What the session's agent waits for.", query: QueryParameter.page, 200,
            .permissionList),
        Route(
            .post, "/api/sessions/{id}/permissions", asking: .requestPermission,
            "Asks for a permission, as an agent outside this machine.", body: .permissionRequest,
            201, .permission),
        Route(
            .post, "/api/sessions/{id}/permissions/{requestId}", asking: .answerPermission,
            "Answers a permission request; the first answer wins.", body: .permissionAnswer, 200,
            .resolution),
        Route(
            .get, "/api/sessions/{id}/rules", asking: .listRules,
            "What \"always allow\" remembered.",
            query: QueryParameter.page, 200, .ruleList),
        Route(
            .delete, "/api/sessions/{id}/rules", asking: .deleteRules,
            "Forgets what \"always allow\" remembered.", query: [.rule], 204),
    ]

    private static let events = [
        Route(
            .post, "/api/publish", .publish,
            "Publishes one event or up to 1000; durable before the answer.", body: .publishRequest,
            200, .publishResults),
        Route(
            .get, "/api/channels/{channel}/history", asking: .readHistory,
            "Kept publications of a channel.", query: QueryParameter.page + [.since], 200,
            .history),
    ]

    private static let owners = [
        Route(
            .get, "/api/specs", asking: .listSpecs, "The team's specs.", query: QueryParameter.page,
            200,
            .ownerList),
        Route(.get, "/api/specs/{id}", asking: .getSpec, "One spec.", 200, .owner),
        Route(
            .put, "/api/specs/{id}", asking: .putSpec, "Records that the team owns a spec.",
            body: .ownerRequest, 200, .owner),
        Route(.delete, "/api/specs/{id}", asking: .deleteSpec, "Gives a spec up.", 204),
        Route(
            .get, "/api/agents", asking: .listAgents, "The team's agents.",
            query: QueryParameter.page, 200,
            .ownerList),
        Route(.get, "/api/agents/{id}", asking: .getAgent, "One agent.", 200, .owner),
        Route(
            .put, "/api/agents/{id}", asking: .putAgent, "Records that the team owns an agent.",
            body: .ownerRequest, 200, .owner),
        Route(.delete, "/api/agents/{id}", asking: .deleteAgent, "Gives an agent up.", 204),
    ]

    private static let workspaces = [
        Route(
            .get, "/api/workspaces", asking: .listWorkspaces, "The team's workspaces.",
            query: QueryParameter.page, 200, .workspaceList),
        Route(
            .post, "/api/workspaces", asking: .createWorkspace, "Makes a workspace.",
            body: .workspaceRequest, 201, .workspace),
        Route(
            .get, "/api/workspaces/{id}", asking: .getWorkspace, "One workspace.", 200, .workspace),
        Route(
            .patch, "/api/workspaces/{id}", asking: .updateWorkspace,
            "Changes the fields that are given.", body: .workspaceChange, 200, .workspace),
        Route(
            .delete, "/api/workspaces/{id}", asking: .deleteWorkspace,
            "Forgets a workspace; its folder stays.", 204),
    ]

    private static let configuration = [
        Route(
            .get, "/api/config", asking: .getConfig, "Every setting in effect, without secrets.",
            200,
            .configuration),
        Route(
            .patch, "/api/config", asking: .updateConfig, "Changes the settings that are given.",
            body: .configuration, 200, .configuration),
        Route(.get, "/api/theme", asking: .getTheme, "The theme.", 200, .theme),
        Route(
            .put, "/api/theme", asking: .replaceTheme, "Replaces the theme.", body: .theme, 200,
            .theme),
    ]
}
