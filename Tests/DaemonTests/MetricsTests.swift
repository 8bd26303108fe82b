import Daemon
import JSON
import Testing

@Suite struct MetricsTests {
    @Test func `names are unique and follow Prometheus`() {
        #expect(Set(Metric.all.map(\.name)).count == Metric.all.count)
        for metric in Metric.all {
            #expect(metric.name.hasPrefix("switchboard_"))
            #expect(metric.name.hasSuffix("_total") == (metric.kind == .counter))
            #expect(metric.help.hasSuffix("."))
        }
    }

    @Test func `values of all processes are rendered under one help and type`() {
        let first = Metrics(process: "ws-1")
        let second = Metrics(process: "ws-2")
        first.gauge(.webSocketConnections).set(3)
        second.gauge(.webSocketConnections).add(2)
        first.counter(.webSocketErrors, "CHANNEL_INVALID").add()
        first.counter(.webSocketErrors, "CHANNEL_INVALID").add(4)
        let text = PrometheusText.render([second.snapshot(), first.snapshot()])
        #expect(
            text.contains(
                """
                # HELP switchboard_ws_connections Open connections.
                # TYPE switchboard_ws_connections gauge
                switchboard_ws_connections{process="ws-1"} 3
                switchboard_ws_connections{process="ws-2"} 2

                """))
        #expect(
            text.contains(
                #"switchboard_ws_errors_total{process="ws-1",code="CHANNEL_INVALID"} 5"#))
    }

    @Test func `a snapshot survives its JSON`() {
        let metrics = Metrics(process: "hub")
        metrics.counter(.hubRecoveries, "ring").add(7)
        let snapshot = metrics.snapshot()
        #expect(MetricsSnapshot(json: snapshot.json) == snapshot)
    }

    @Test(
        arguments: [
            [:], ["process": "hub"], ["process": "../hub", "samples": []],
            ["process": "hub", "samples": [["switchboard_hub_peers", "ws"]]],
            ["process": "hub", "samples": [["switchboard_hub_peers", "ws", "3"]]],
        ] as [JSONValue])
    func `a snapshot of the wrong form is refused`(json: JSONValue) {
        #expect(MetricsSnapshot(json: json) == nil)
    }

    @Test func `a name of another version is left out`() {
        let snapshot = MetricsSnapshot(json: ["process": "hub", "samples": [["later", "", 1]]])
        #expect(snapshot?.samples.isEmpty == true)
    }

    @Test func `labels beyond the limit are counted together`() {
        let metrics = Metrics(process: "hub")
        for number in 0..<Metrics.maximumLabelsPerMetric + 10 {
            metrics.counter(.hubRecoveries, "label\(number)").add()
        }
        let samples = metrics.snapshot().samples.filter { $0.metric == .hubRecoveries }
        #expect(samples.count == Metrics.maximumLabelsPerMetric + 1)
        #expect(samples.first { $0.label == "other" }?.value == 10)
    }
}
