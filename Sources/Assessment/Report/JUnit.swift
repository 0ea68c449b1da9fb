/// `junit.xml`: expectations as tests, which every CI server shows.
public enum JUnit {
    /// The file's text.
    public static func text(_ outcomes: [Expectation.Outcome]) -> String {
        let failures = outcomes.count { !$0.isMet }
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        text += "<testsuite name=\"stillwatch backtest\" tests=\"\(outcomes.count)\" "
        text += "failures=\"\(failures)\">\n"
        for outcome in outcomes {
            let name = markup(outcome.expectation.text)
            let group = markup(outcome.expectation.rule ?? "all rules")
            text += "  <testcase classname=\"\(group)\" name=\"\(name)\""
            if outcome.isMet {
                text += "/>\n"
            } else {
                text += "><failure message=\"\(outcome.actual) findings\">"
                text += "expected \(name), found \(outcome.actual)</failure></testcase>\n"
            }
        }
        return text + "</testsuite>\n"
    }
}

/// `text` inside HTML or XML, as content or as an attribute; control characters become U+FFFD.
func markup(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
            result += "\u{FFFD}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
