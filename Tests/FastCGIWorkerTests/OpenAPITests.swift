import FastCGIWorker
import JSON
import Protocol
import Testing

@Suite struct OpenAPITests {
    private let document = OpenAPIDocument.make()

    @Test func `every route of the table is described, and nothing else but the WebSocket`() {
        var described: Set<String> = []
        for (path, item) in document["paths"]?.objectValue ?? [:] {
            for (method, _) in item.objectValue ?? [:] {
                described.insert("\(method.uppercased()) \(path)")
            }
        }
        let routed = Set(RouteTable.all.map { "\($0.method.rawValue) \($0.template)" })
        #expect(described == routed.union(["GET /ws"]))
    }

    @Test func `every named schema exists once and every reference leads to one`() {
        let schemas = document["components"]?["schemas"]?.objectValue ?? [:]
        #expect(Set(schemas.keys) == Set(SchemaName.allCases.map(\.rawValue)))
        var referenced: Set<String> = []
        collectReferences(document, &referenced)
        let prefix = "#/components/schemas/"
        for reference in referenced where reference.hasPrefix(prefix) {
            #expect(schemas[String(reference.dropFirst(prefix.count))] != nil)
        }
        #expect(referenced.contains(prefix + "Command"))
    }

    private func collectReferences(_ value: JSONValue, _ found: inout Set<String>) {
        if let text = value["$ref"]?.stringValue { found.insert(text) }
        for (_, child) in value.objectValue ?? [:] { collectReferences(child, &found) }
        for child in value.arrayValue ?? [] { collectReferences(child, &found) }
    }

    @Test func `operation ids are unique`() {
        var ids: [String] = []
        for (_, item) in document["paths"]?.objectValue ?? [:] {
            for (_, operation) in item.objectValue ?? [:] {
                ids.append(operation["operationId"]?.stringValue ?? "none")
            }
        }
        #expect(Set(ids).count == ids.count)
        #expect(!ids.contains("none"))
    }

    @Test func `every event type, command and error code has its schema`() {
        let text = document["components"]?["schemas"]?.description ?? ""
        let names =
            SessionEventType.allCases.map(\.rawValue) + DomainEventType.allCases.map(\.rawValue)
            + ControlType.allCases.map(\.rawValue) + SessionListEventType.allCases.map(\.rawValue)
            + ErrorCode.allCases.map(\.rawValue)
            + ["subscribe", "unsubscribe", "ping", "permission_response"]
        for name in names { #expect(text.contains("\"\(name)\"")) }
    }

    @Test func `every template's parameters are described`() {
        for route in RouteTable.all where route.template.contains("{") {
            let operation =
                document["paths"]?[route.template]?[route.method.rawValue.lowercased()]
            let names =
                operation?["parameters"]?.arrayValue?
                .filter { $0["in"] == "path" }.compactMap { $0["name"]?.stringValue } ?? []
            #expect(names.count == route.template.count { $0 == "{" })
            for name in names { #expect(route.template.contains("{\(name)}")) }
        }
    }
}
