import Foundation

// The clock starts here.
_ = startNs
for number in [SIGINT, SIGTERM] {
    signal(number) { _ in isInterrupted.store(true, ordering: .relaxed) }
}
do {
    let run = try Run(Options(Array(CommandLine.arguments.dropFirst())))
    do {
        try run.run()
    } catch {
        print(run.report.text)
        throw error
    }
    print(run.report.text, terminator: "")
    exit(run.report.isGood ? 0 : 1)
} catch {
    FileHandle.standardError.write(Data("fault-run: \(error)\n".utf8))
    exit(1)
}
