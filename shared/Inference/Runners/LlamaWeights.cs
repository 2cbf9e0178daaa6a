using System.Runtime.ExceptionServices;
using InternPlatform.Models;

namespace InternPlatform.Inference.Runners;

/// <summary>Weights of a llama-type decoder, packed for the kernels. Matrices that read the same input are fused.</summary>
internal sealed class LlamaWeights
{
    public LlamaWeights(IModelSource source)
    {
        Config = source.Config;
        FinalNorm = Read(source, WeightNames.FinalNorm, Config.HiddenSize);
        var (embedding, head, layers) = ((EmbeddingTable?)null, (Linear?)null, new Layer[Config.LayerCount]);

        InParallel(layers.Length + 2, part =>
        {
            switch (part)
            {
                case 0:
                    head = Linear.Read(source, Config.HiddenSize, hasBias: false, (Config.TieWordEmbeddings ? WeightNames.Embedding : WeightNames.LmHead, Config.VocabularySize));
                    break;
                case 1:
                    embedding = EmbeddingTable.Read(source);
                    break;
                default:
                    layers[part - 2] = new Layer(source, part - 2);
                    break;
            }
        });
        (Embedding, LmHead, Layers) = (embedding!, head!, layers);
    }

    public ModelConfig Config { get; }

    /// <summary>[V, D].</summary>
    public EmbeddingTable Embedding { get; }

    /// <summary>[D].</summary>
    public float[] FinalNorm { get; }

    /// <summary>[V, D].</summary>
    public Linear LmHead { get; }

    public IReadOnlyList<Layer> Layers { get; }

    /// <summary>A weight as floats.</summary>
    public static float[] Read(IModelSource source, string name, long length)
    {
        var values = source.ReadFloats(name);
        return values.Length == length
            ? values
            : throw new InvalidModelException(name, $"it has {values.Length} values; config.json makes it {length}");
    }

    /// <summary>What is wrong with a weight is thrown as itself, whichever thread met it.</summary>
    private static void InParallel(int parts, Action<int> read)
    {
        try
        {
            Parallel.For(0, parts, read);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    internal sealed class Layer
    {
        public Layer(IModelSource source, int index)
        {
            var config = source.Config;
            var names = WeightNames.Layer(index);
            long hidden = config.HiddenSize, heads = config.HeadCount * config.HeadDim, kvHeads = config.KvHeadCount * config.HeadDim, inner = config.IntermediateSize;
            InputNorm = Read(source, names.InputNorm, hidden);
            PostAttentionNorm = Read(source, names.PostAttentionNorm, hidden);
            QueryKeyValue = Linear.Read(source, config.HiddenSize, config.QkvBias, (names.QProj, heads), (names.KProj, kvHeads), (names.VProj, kvHeads));
            (QNorm, KNorm) = config.QkNorm ? (Read(source, names.QNorm, config.HeadDim), Read(source, names.KNorm, config.HeadDim)) : ([], []);
            Output = Linear.Read(source, (int)heads, config.OutputBias, (names.OProj, hidden));
            GateUp = Linear.Read(source, config.HiddenSize, config.MlpBias, (names.GateProj, inner), (names.UpProj, inner));
            Down = Linear.Read(source, (int)inner, config.MlpBias, (names.DownProj, hidden));
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
