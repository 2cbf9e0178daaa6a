using InternPlatform.Models;

namespace InternPlatform.Inference.Runners;

/// <summary>Weights of a llama-type decoder, packed for the kernels. Matrices that read the same input are fused.</summary>
internal sealed class LlamaWeights
{
    public LlamaWeights(ModelFolder folder)
    {
        Config = folder.Config;
        var asBFloat16 = Config.TorchDtype == "bfloat16";
        Embedding = Read(folder, WeightNames.Embedding, Config.VocabularySize * (long)Config.HiddenSize);
        FinalNorm = Read(folder, WeightNames.FinalNorm, Config.HiddenSize);
        var head = Config.TieWordEmbeddings ? Embedding : Read(folder, WeightNames.LmHead, Config.VocabularySize * (long)Config.HiddenSize);
        LmHead = Linear.Of(head, Config.HiddenSize, asBFloat16);
        Layers = [.. Enumerable.Range(0, Config.LayerCount).Select(i => new Layer(folder, i, asBFloat16))];
    }

    public ModelConfig Config { get; }

    /// <summary>[V, D].</summary>
    public float[] Embedding { get; }

    /// <summary>[D].</summary>
    public float[] FinalNorm { get; }

    /// <summary>[V, D].</summary>
    public Linear LmHead { get; }

    public IReadOnlyList<Layer> Layers { get; }

    /// <summary>A weight as floats.</summary>
    public static float[] Read(ModelFolder folder, string name, long length)
    {
        var values = folder.ReadFloats(name);
        return values.Length == length
            ? values
            : throw new InvalidModelException(name, $"it has {values.Length} values; config.json makes it {length}");
    }

    internal sealed class Layer
    {
        public Layer(ModelFolder folder, int index, bool asBFloat16)
        {
            var config = folder.Config;
            var names = WeightNames.Layer(index);
            long hidden = config.HiddenSize, heads = config.HeadCount * config.HeadDim, kvHeads = config.KvHeadCount * config.HeadDim, inner = config.IntermediateSize;
            InputNorm = Read(folder, names.InputNorm, hidden);
            PostAttentionNorm = Read(folder, names.PostAttentionNorm, hidden);
            QueryKeyValue = Linear.Read(folder, config.HiddenSize, asBFloat16, config.QkvBias, (names.QProj, heads), (names.KProj, kvHeads), (names.VProj, kvHeads));
            (QNorm, KNorm) = config.QkNorm ? (Read(folder, names.QNorm, config.HeadDim), Read(folder, names.KNorm, config.HeadDim)) : ([], []);
            Output = Linear.Read(folder, (int)heads, asBFloat16, config.OutputBias, (names.OProj, hidden));
            GateUp = Linear.Read(folder, config.HiddenSize, asBFloat16, config.MlpBias, (names.GateProj, inner), (names.UpProj, inner));
            Down = Linear.Read(folder, (int)inner, asBFloat16, config.MlpBias, (names.DownProj, hidden));
        }

        /// <summary>[D].</summary>
        public float[] InputNorm { get; }

        /// <summary>[D].</summary>
        public float[] PostAttentionNorm { get; }

        /// <summary>[d], of each query head; empty where the model has none.</summary>
        public float[] QNorm { get; }

        /// <summary>[d], of each key head; empty where the model has none.</summary>
        public float[] KNorm { get; }

        /// <summary>[(H + 2G) · d, D]: query heads, key heads, value heads.</summary>
        public Linear QueryKeyValue { get; }

        /// <summary>[D, H · d].</summary>
        public Linear Output { get; }

        /// <summary>[2I, D]: gate, then up.</summary>
        public Linear GateUp { get; }

        /// <summary>[D, I].</summary>
        public Linear Down { get; }
    }
}
