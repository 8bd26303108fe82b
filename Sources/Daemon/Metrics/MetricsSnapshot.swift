import JSON

/// The values of one process at one time: what it tells the hub, and what `/metrics` shows.
public struct MetricsSnapshot: Sendable, Equatable {
    public struct Sample: Sendable, Equatable {
        public let metric: Metric
        public let label: String
        public let value: Int64
    }

    public let process: String
    /// In the order of the names, then of the labels.
    public let samples: [Sample]

    public init(process: String, samples: [Sample]) {
        self.process = process
        self.samples = samples.sorted {
            ($0.metric.name, $0.label) < ($1.metric.name, $1.label)
        }
    }

    /// `{"process": "ws-1", "samples": [["switchboard_ws_connections", "", 12]]}`.
    public var json: JSONValue {
        let rows = samples.map { sample -> JSONValue in
            [.string(sample.metric.name), .string(sample.label), .integer(sample.value)]
        }
        return ["process": .string(process), "samples": .array(rows)]
    }

    /// Nil where the form is wrong.
    ///
    /// Samples of names that this version does not know are left out, because processes of two
    /// versions meet during an upgrade.
    public init?(json: JSONValue) {
        guard let process = json["process"]?.stringValue, ProcessName.isValid(process),
            let rows = json["samples"]?.arrayValue, rows.count <= Self.maximumSamples
        else { return nil }
        var samples: [Sample] = []
        for row in rows {
            guard let cells = row.arrayValue, cells.count == 3, let name = cells[0].stringValue,
                let label = cells[1].stringValue, let value = cells[2].integerValue
            else { return nil }
            guard let metric = Self.known[name] else { continue }
            samples.append(Sample(metric: metric, label: label, value: value))
        }
        self.init(process: process, samples: samples)
    }

    private static let maximumSamples = Metric.all.count * Metrics.maximumLabelsPerMetric * 2
    private static let known = Dictionary(
        Metric.all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
}
