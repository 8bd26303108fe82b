import Realtime
import Testing

@Suite struct `Fair shares` {
    @Test func `who is alone has every place`() {
        var shares = FairShares<String>(places: 16)
        let all = (1...16).filter { _ in shares.take(for: "a", at: .zero) }.count
        #expect(all == 16)
    }

    @Test func `the last places are for who holds less than its share`() {
        var shares = FairShares<String>(places: 16)
        #expect(shares.take(for: "modest", at: .zero) == true)
        #expect(taken(20, for: "greedy", of: &shares, at: .seconds(1)) == 13)
        #expect(taken(20, for: "modest", of: &shares, at: .seconds(1)) == 2)
        shares.give(backFrom: "greedy")
        #expect(shares.take(for: "greedy", at: .seconds(1)) == false, "more than its eight")
        #expect(shares.take(for: "third", at: .seconds(1)) == true)
    }

    @Test func `who came long ago and holds nothing counts no more`() {
        var shares = FairShares<String>(places: 16)
        #expect(shares.take(for: "modest", at: .zero) == true)
        shares.give(backFrom: "modest")
        #expect(taken(20, for: "greedy", of: &shares, at: .seconds(9)) == 14)
        #expect(taken(20, for: "greedy", of: &shares, at: .seconds(11)) == 2)
    }

    @Test func `a place given back twice is one place`() {
        var shares = FairShares<String>(places: 1)
        #expect(shares.take(for: "a", at: .zero) == true)
        shares.give(backFrom: "a")
        shares.give(backFrom: "a")
        #expect(shares.take(for: "a", at: .zero) == true)
    }

    private func taken(
        _ count: Int, for key: String, of shares: inout FairShares<String>, at now: Duration
    ) -> Int {
        // As many as there are places: a caller without one does not ask.
        var taken = 0
        for _ in 0..<count where shares.total < 16 && shares.take(for: key, at: now) { taken += 1 }
        return taken
    }
}
