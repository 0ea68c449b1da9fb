/// What pools that everyone shares hold.
enum PublicPool {
    static let models: [StaticString] = [
        "aster-large-4", "aster-medium-4", "aster-small-4", "aster-reason-2", "aster-large-3",
        "aster-large-5",
    ]
    /// The model that is released within a run; nobody uses it before.
    static let releasedModel: UInt8 = 5
    /// The model whose answers come with reasoning.
    static let reasoningModel: UInt8 = 3
    static let tasks: [StaticString] = [
        "coding", "writing", "extraction", "classification", "math", "chat", "translation",
    ]
    static let operations: [StaticString] = ["chat", "responses", "embeddings"]
    static let accessPaths: [StaticString] = ["api", "console", "cloud_marketplace", "aggregator"]
    static let plans: [StaticString] = ["free", "pay_as_you_go", "team", "enterprise"]
    static let agents: [StaticString] = [
        "aster-python/", "aster-node/", "openapi-python/", "okhttp/", "go-http-client/",
        "chain-py/", "axios/", "curl/",
    ]
    static let mailDomains: [StaticString] = [
        "mail.example", "inbox.example", "post.example", "freemail.example", "webmail.example",
    ]

    /// TLS prints in wide use: one for each release line of a popular SDK.
    static let tlsPrints = 24
    /// User agents in wide use; `agent % 24` is the TLS print that goes with it.
    static let userAgents = 240
    static let networks = 300
    static let templates = 40
    static let toolSets = 30
}
