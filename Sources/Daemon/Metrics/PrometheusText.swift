/// Renders what all processes measured in the text format of Prometheus (version 0.0.4).
public enum PrometheusText {
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Each metric's help and type once, then a line per process and label.
    public static func render(_ snapshots: [MetricsSnapshot]) -> String {
        var lines: [String: [String]] = [:]
        for snapshot in snapshots.sorted(by: { $0.process < $1.process }) {
            for sample in snapshot.samples {
                lines[sample.metric.name, default: []].append(line(sample, snapshot.process))
            }
        }
        var text = ""
        for metric in Metric.all {
            guard let own = lines[metric.name] else { continue }
            text += "# HELP \(metric.name) \(metric.help)\n"
            text += "# TYPE \(metric.name) \(metric.kind.rawValue)\n"
            text += own.joined()
        }
        return text
    }

    private static func line(_ sample: MetricsSnapshot.Sample, _ process: String) -> String {
        let label = sample.metric.labelName.map { ",\($0)=\"\(escaped(sample.label))\"" } ?? ""
        return "\(sample.metric.name){process=\"\(escaped(process))\"\(label)} \(sample.value)\n"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
