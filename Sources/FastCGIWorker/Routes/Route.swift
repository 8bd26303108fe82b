import Protocol

/// One line of the route table: what is served, by whom, and what requests and answers look like.
///
/// Requests are routed by it and the OpenAPI document is made from it.
package struct Route: Sendable {
    /// The methods that occur, in the order in which `Allow` names them.
    package enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// Who answers.
    package enum Target: Sendable, Equatable {
        /// The hub, with the path's, the query's and the body's parameters in one object.
        case operation(Operation)
        /// The hub, after the events were checked here.
        case publish
        case health
        case readiness
        case metrics
        case description
    }

    /// What a successful answer is.
    package struct Success: Sendable, Equatable {
        package let status: Int
        /// Nil for an answer without a body.
        package let schema: SchemaName?
    }

    package let method: Method
    /// As in OpenAPI: `/api/sessions/{id}`.
    package let template: String
    package let target: Target
    /// One sentence for the API's reader.
    package let summary: String
    package let query: [QueryParameter]
    /// Nil where a body is not read.
    package let body: SchemaName?
    package let success: Success

    init(
        _ method: Method, _ template: String, _ target: Target, _ summary: String,
        query: [QueryParameter] = [], body: SchemaName? = nil, _ status: Int,
        _ schema: SchemaName? = nil
    ) {
        self.method = method
        self.template = template
        self.target = target
        self.summary = summary
        self.query = query
        self.body = body
        success = Success(status: status, schema: schema)
    }

    init(
        _ method: Method, _ template: String, asking operation: Operation, _ summary: String,
        query: [QueryParameter] = [], body: SchemaName? = nil, _ status: Int,
        _ schema: SchemaName? = nil
    ) {
        self.init(
            method, template, .operation(operation), summary, query: query, body: body, status,
            schema)
    }
}

extension Route {
    /// What a caller must prove.
    package enum Access: Sendable, Equatable {
        case open
        case authenticated
        case scope(Scope)
        /// The scope `admin`, of an admin of the installation.
        case installation
        /// A scope of its own for every event of the request.
        case publishing
        /// A loopback address, or an API key with the scope ``Scope/admin``.
        case loopbackOrAdminKey
        /// The scope that reads the channel; the hub knows which, and who runs a session.
        case reading
    }

    package var access: Access {
        switch target {
        case .health, .readiness, .description: .open
        case .metrics: .loopbackOrAdminKey
        case .operation(.readHistory): .reading
        case .publish: .publishing
        case .operation(let operation):
            switch operation.access {
            case .open: .open
            case .authenticated: .authenticated
            case .scope(let scope): .scope(scope)
            case .installation: .installation
            case .local, .agentWorker:
                preconditionFailure("\(operation.rawValue) has no route: it is local")
            }
        }
    }

    /// Whether it changes something, so that a cookie alone does not allow it.
    package var isWrite: Bool { method != .get }
}
