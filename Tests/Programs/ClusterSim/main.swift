import DeliverySimulation

// See Options.usage.
do {
    try Program(Options(Array(CommandLine.arguments.dropFirst()))).run()
} catch {
    Program.fail("\(error)")
}
