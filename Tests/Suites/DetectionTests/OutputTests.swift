import Detection
import Primitives
import Testing

@Suite("Finding output")
struct OutputTests {
    private let ocsf = FindingEncoder(format: .ocsf, productVersion: "0.1.0")
    private let flat = FindingEncoder(format: .flat, productVersion: "0.1.0")

    @Test("a flat finding has exactly the documented keys in order")
    func flatShape() {
        let finding = OutputSamples.finding()
        #expect(
            OutputSamples.text(finding, flat)
                == #"{"uid":"\#(finding.uid)","rule":"farm.shared_payment","version":3,"#
                + #""severity":"high","status":"create","shadow":false,"entity":"payment:p1","#
                + #""time":1767225660000,"first_seen":1767225600000,"last_seen":1767225650000,"#
                + #""evidence":{"accounts(24h)":20,"evenness(24h)":0.9375,"payers(24h)":null,"#
                + #""top(account, 2)":[{"value":"a1","requests":12},{"value":"a2","requests":11}]},"#
                + #""description":"Accounts that share one payment instrument."}"#)
    }

    @Test("an OCSF finding starts with its time")
    func timeFirst() {
        #expect(
            OutputSamples.text(OutputSamples.finding(), ocsf).hasPrefix(#"{"time":1767225660000,"#))
    }

    @Test("equal findings give equal bytes")
    func deterministic() {
        for encoder in OutputSamples.encoders {
            let first = OutputSamples.all().map { OutputSamples.text($0, encoder) }
            let second = OutputSamples.all().map { OutputSamples.text($0, encoder) }
            #expect(first == second)
        }
    }

    @Test("a create is new, an update in progress, a close resolved")
    func lifecycle() {
        let expected: [Finding.Status: (String, String)] = [
            .create: (#""activity_id":1,"#, #""status_id":1,"status":"New""#),
            .update: (#""activity_id":2,"#, #""status_id":2,"status":"In Progress""#),
            .close: (#""activity_id":3,"#, #""status_id":4,"status":"Resolved""#),
        ]
        for (status, (activity, state)) in expected {
            let text = OutputSamples.text(OutputSamples.finding(status: status), ocsf)
            #expect(text.contains(activity))
            #expect(text.contains(state))
        }
    }

    @Test("a close is no alert: there is nothing left to look at")
    func closeIsNoAlert() {
        for status in Finding.Status.allCases {
            let text = OutputSamples.text(OutputSamples.finding(status: status), ocsf)
            #expect(text.contains(#""is_alert":\#(status != .close)"#), "\(status)")
        }
    }

    @Test("a shadow rule's finding is no alert")
    func shadow() {
        let text = OutputSamples.text(OutputSamples.finding(shadow: true), ocsf)
        #expect(text.contains(#""is_alert":false"#))
        #expect(text.contains(#""state_id":3,"state":"Experimental""#))
    }

    @Test("a sub-technique stands under its technique with the matrix version")
    func attacks() {
        let text = OutputSamples.text(OutputSamples.finding(attack: ["AML.T0024.002"]), ocsf)
        #expect(text.contains(#""version":"2026.09""#))
        #expect(text.contains(#""technique":{"uid":"AML.T0024","name":"Exfiltration"#))
        #expect(text.contains(#""sub_technique":{"uid":"AML.T0024.002","name":"Extract AI Model""#))
    }

    @Test("the accounts in the evidence are users and observables")
    func accounts() {
        let text = OutputSamples.text(OutputSamples.finding(), ocsf)
        #expect(text.contains(#"{"name":"account","data":{"requests":12},"user":{"uid":"a1"}}"#))
        #expect(
            text.contains(
                #"{"name":"evidences[].user.uid","type_id":31,"type":"User Object: uid","value":"a2"}"#
            ))
    }

    @Test("an entity value that is not UTF-8 is repaired, in the body and in the headers")
    func invalidUTF8() {
        let finding = OutputSamples.finding(kind: "account", value: [0x61, 0xFF, 0x0A])
        for encoder in OutputSamples.encoders {
            #expect(OutputSamples.text(finding, encoder).contains("account:a\u{FFFD}\\n"))
            let subject = encoder.headers(of: finding).first { $0.name == "ce_subject" }
            #expect(subject?.value == "account:a\u{FFFD}\u{FFFD}")
        }
    }

    @Test("a feature listed twice is written once")
    func repeatedEvidence() {
        let finding = OutputSamples.finding(evidence: [("x", .number(1)), ("x", .number(2))])
        #expect(OutputSamples.text(finding, flat).contains(#""evidence":{"x":1}"#))
    }

    @Test("the headers are CloudEvents 1.0, one id a record, and the key is the episode's uid")
    func headers() {
        let finding = OutputSamples.finding(status: .update)
        #expect(ocsf.key(of: finding) == finding.uid.description)
        let headers = ocsf.headers(of: finding).map { "\($0.name)=\($0.value)" }
        #expect(
            headers == [
                "content-type=application/json", "ce_specversion=1.0", "ce_id=\(finding.uid)-1",
                "ce_source=/stillwatch", "ce_type=stillwatch.finding.update",
                "ce_time=2026-01-01T00:01:00.000Z", "ce_subject=payment:p1",
                "ce_dataschema=https://schema.ocsf.io/1.8.0/classes/detection_finding",
            ])
    }
}
