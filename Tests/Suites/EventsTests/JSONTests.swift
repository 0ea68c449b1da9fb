import Events
import Testing

@Suite struct JSONTests {
    /// Everything the canonical event has, with escapes.
    static let full = #"""
        {"id":"r-1","time":"2026-06-01T12:34:56.789Z","account":"a\u00e9\ud83d\ude00\n","organization":"org",
        "end_user":"eu","api_key":"k1","session":"s1","access_path":"api","plan":"pro","model":"m1",
        "operation":"chat","account_created":1700000000000,"status":429,"turn":3,"input_tokens":10,
        "output_tokens":2.0e1,"cached_tokens":0,"reasoning_tokens":5,"max_tokens":4096,"latency_ms":812,
        "fingerprints":{"device":"d1","payment":"p\/1","unknown":"u","ip":"10.0.0.1"},
        "signals":{"task":"coding","flag":true,"score":-2.9,"other":"x"}}
        """#

    @Test func `every canonical field is read`() throws {
        var decoder = try EventDecoder(tracked: .sample)
        let result = decoding(Array(Self.full.utf8), with: &decoder) { event in
            #expect(
                Copied(event).fields == [
                    "id": "r-1", "time": "1780317296789", "account": "aé😀\n",
                    "organization": "org", "end_user": "eu", "api_key": "k1", "session": "s1",
                    "access_path": "api", "plan": "pro", "model": "m1", "operation": "chat",
                    "account_created": "1700000000000", "status": "429", "turn": "3",
                    "input_tokens": "10", "output_tokens": "20", "cached_tokens": "0",
                    "reasoning_tokens": "5", "max_tokens": "4096", "latency_ms": "812",
                    "fingerprints.device": "d1", "fingerprints.payment": "p/1",
                    "fingerprints.ip": "10.0.0.1", "signals.task": "coding", "signals.flag": "true",
                    "signals.score": "-2.9",
                ])
            #expect(event.presentFields == (1 << EventField.allCases.count) - 1)
        }
        #expect(result == .event)
    }
}
