/// Finds the line of the table that a request means.
///
/// Immutable; any thread.
package struct Router: Sendable {
    package enum Match {
        case found(Route, parameters: [(name: String, value: String)])
        /// The path exists, with these methods.
        case wrongMethod(allowed: [Route.Method])
        case unknown
    }

    private enum Segment {
        case literal(Substring)
        case parameter(String)
    }

    private let entries: [(route: Route, segments: [Segment])]

    package init(_ routes: [Route] = RouteTable.all) {
        entries = routes.map { route in (route, Self.segments(of: route.template)) }
    }

    /// - Parameter method: as sent; HEAD is a GET whose body the web server drops.
    package func match(method: String, segments: [String]) -> Match {
        let method = method == "HEAD" ? "GET" : method
        var allowed: [Route.Method] = []
        for (route, template) in entries {
            guard let parameters = Self.parameters(of: segments, in: template) else { continue }
            if route.method.rawValue == method { return .found(route, parameters: parameters) }
            allowed.append(route.method)
        }
        return allowed.isEmpty ? .unknown : .wrongMethod(allowed: allowed)
    }

    private static func segments(of template: String) -> [Segment] {
        template.dropFirst().split(separator: "/").map { part in
            part.hasPrefix("{") ? .parameter(String(part.dropFirst().dropLast())) : .literal(part)
        }
    }

    private static func parameters(
        of segments: [String], in template: [Segment]
    ) -> [(name: String, value: String)]? {
        guard segments.count == template.count else { return nil }
        var parameters: [(name: String, value: String)] = []
        for (segment, expected) in zip(segments, template) {
            switch expected {
            case .literal(let text): if segment != text { return nil }
            case .parameter(let name): parameters.append((name, segment))
            }
        }
        return parameters
    }
}
