using InternPlatform.Contracts.Pretraining;

namespace InternPlatform.Pretraining.Recipes;

/// <summary>
/// One million parameters that learn to copy a number, tell a story and answer in two languages within five minutes on two cores.
/// The figures come from the learning core's runs in docs/log.md.
/// </summary>
public static class TourRecipe
{
    public const string Name = "tour";

    public static PretrainSpec For(string model, string shardsArtifactId, string tokenizerArtifactId) => new()
    {
        Name = model,
        ShardsArtifactId = shardsArtifactId,
        TokenizerArtifactId = tokenizerArtifactId,
        Model = new ModelShape
        {
            HiddenSize = 128,
            LayerCount = 4,
            HeadCount = 4,
            KvHeadCount = 2,
            IntermediateSize = 352,
            RopeTheta = 10_000,
            TieWordEmbeddings = true,
        },
        SequenceLength = 128,
        BatchSize = 16,
        TokenBudget = 3_300_000,
        MuonLearningRate = 0.02,
        AdamLearningRate = 3e-3,
        WeightDecay = 0.1,
        WarmupSteps = 30,
        Schedule = "linear",
        ClipNorm = 1,
    };
}
