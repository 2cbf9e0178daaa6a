using InternPlatform.Contracts.Pretraining;
using InternPlatform.Training;

namespace InternPlatform.Pretraining;

/// <summary>The spec that people post as the options that the loop takes.</summary>
internal static class TrainingOptions
{
    public static PretrainOptions Of(PretrainSpec spec, int vocabularySize) => new()
    {
        VocabularySize = vocabularySize,
        HiddenSize = spec.Model.HiddenSize,
        IntermediateSize = spec.Model.IntermediateSize,
        LayerCount = spec.Model.LayerCount,
        HeadCount = spec.Model.HeadCount,
        KvHeadCount = spec.Model.KvHeadCount,
        RopeTheta = spec.Model.RopeTheta,
        TieWordEmbeddings = spec.Model.TieWordEmbeddings,
        SequenceLength = spec.SequenceLength,
        BatchSize = spec.BatchSize,
        GradientAccumulationSteps = spec.GradientAccumulationSteps,
        TokenBudget = spec.TokenBudget,
        MuonLearningRate = spec.MuonLearningRate,
        AdamLearningRate = spec.AdamLearningRate,
        WeightDecay = spec.WeightDecay,
        WarmupSteps = spec.WarmupSteps,
        Decay = spec.Schedule == "cosine" ? DecayShape.Cosine : DecayShape.Linear,
        ConstantFraction = spec.Schedule == "cosine" ? 0 : 0.5,
        ClipNorm = spec.ClipNorm,
        Seed = (ulong)spec.Seed,
        CheckpointEverySteps = spec.CheckpointEverySteps,
        ValidateEverySteps = spec.ValidateEverySteps,
        Compute = spec.ComputeType switch
        {
            "float32" => ComputeType.F32,
            "bfloat16" => ComputeType.BF16,
            _ => ComputeType.Auto,
        },
    };
}
