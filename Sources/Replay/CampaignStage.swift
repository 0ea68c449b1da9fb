import Campaigns
import Detection
import Primitives
import Topology

/// The CAMPAIGN task of a replay, fed from memory.
///
/// Unchecked Sendable: one thread at a time works on it.
final class CampaignStage: @unchecked Sendable {
    var task: CampaignTask
    private var output = CampaignOutput()
    /// The offset that the next block has: blocks are counted, as in a log.
    var offset: Int64 = 0
    private var batches: [BlockBatch] = []
    let campaigns: CampaignPipeline
    let pipeline: PipelineSettings

    init(_ campaigns: CampaignPipeline, _ pipeline: PipelineSettings) {
        self.campaigns = campaigns
        self.pipeline = pipeline
        task = campaigns.makeTask(pipeline)
    }

    /// Whether something was handed over that is not worked on yet.
    var hasWork: Bool { batches.contains { !$0.isEmpty } }

    /// Takes the evidence of a round, to be worked on in the next.
    func take(_ batches: [BlockBatch]) { self.batches = batches }

    /// Works on the evidence taken last.
    func work() {
        for batch in batches {
            batch.forEach { _, block in
                do throws(BlockError) {
                    try task.receive(block, offset: offset)
                } catch {
                    preconditionFailure("evidence of our own cannot be read: \(error)")
                }
                offset += 1
            }
        }
        batches = []
        task.advance(&output)
    }

    /// Who was told of as a member until now.
    var memberships = Memberships()

    /// Takes the findings since the last call.
    func takeFindings() -> [Finding] {
        defer { output = CampaignOutput() }
        memberships.note(output.members)
        return campaigns.findings(of: output, pipeline.rules)
    }

    /// What was done before the checkpoint that the task goes on from.
    var base = Counters()

    /// What the task has done, with what was done before the checkpoint.
    var counters: Counters {
        var counters = task.counters
        counters.add(base)
        return counters
    }

    /// What the task holds at the end.
    func describe(in report: inout ReplayDriver.Report) {
        report.members = task.members
        report.memberships = memberships
        report.campaigns = counters
        report.openCampaigns = task.openCampaigns
    }
}
