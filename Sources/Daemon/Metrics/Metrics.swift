import Synchronization
import System

/// The measurements of one process.
///
/// Any thread may ask for a `Counter` or `Gauge` and should keep it: asking takes a lock, counting
/// is one relaxed atomic addition.
public final class Metrics: Sendable {
    /// Distinct labels of one metric; more are counted together as `other`, so that a mistake in
    /// choosing labels cannot grow the process.
    public static let maximumLabelsPerMetric = 64

    public let process: String
    private let cells = Mutex<[Metric: [String: MetricCell]]>([:])

    public init(process: String) {
        self.process = process
        gauge(.startTime).set(WallClock.milliseconds / 1_000)
        gauge(.buildInfo, Version.current).set(1)
    }

    /// `label` is the value of the metric's label, from a fixed set; empty where it has none.
    public func counter(_ metric: Metric, _ label: String = "") -> Counter {
        precondition(metric.kind == .counter, "\(metric.name) is a gauge")
        return Counter(cell: cell(of: metric, label))
    }

    public func gauge(_ metric: Metric, _ label: String = "") -> Gauge {
        precondition(metric.kind == .gauge, "\(metric.name) is a counter")
        return Gauge(cell: cell(of: metric, label))
    }

    /// All values now.
    ///
    /// Takes the lock; counting goes on meanwhile.
    public func snapshot() -> MetricsSnapshot {
        let samples = cells.withLock { cells in
            cells.flatMap { metric, labelled in
                labelled.map { label, cell in
                    MetricsSnapshot.Sample(metric: metric, label: label, value: cell.value)
                }
            }
        }
        return MetricsSnapshot(process: process, samples: samples)
    }

    private func cell(of metric: Metric, _ label: String) -> MetricCell {
        precondition(
            label.isEmpty == (metric.labelName == nil), "\(metric.name) has another set of labels")
        return cells.withLock { cells in
            var labelled = cells[metric] ?? [:]
            let isFull = labelled[label] == nil && labelled.count >= Self.maximumLabelsPerMetric
            let label = isFull ? "other" : label
            if let known = labelled[label] { return known }
            let cell = MetricCell()
            labelled[label] = cell
            cells[metric] = labelled
            return cell
        }
    }
}

/// Counts what happened.
///
/// Any thread.
public struct Counter: Sendable {
    fileprivate let cell: MetricCell

    public func add(_ amount: Int = 1) { cell.add(Int64(amount)) }
}

/// Says how much there is.
///
/// Any thread.
public struct Gauge: Sendable {
    fileprivate let cell: MetricCell

    public func set(_ value: Int64) { cell.set(value) }
    public func add(_ amount: Int) { cell.add(Int64(amount)) }
}

private final class MetricCell: Sendable {
    private let storage = Atomic<Int64>(0)

    var value: Int64 { storage.load(ordering: .relaxed) }
    func add(_ amount: Int64) { storage.wrappingAdd(amount, ordering: .relaxed) }
    func set(_ value: Int64) { storage.store(value, ordering: .relaxed) }
}
