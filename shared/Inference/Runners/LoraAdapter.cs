using InternPlatform.Kernels.Cpu;
using InternPlatform.Models;

namespace InternPlatform.Inference.Runners;

/// <summary>
/// Low-rank additions to a model's linear maps, y += α/r · x Aᵀ Bᵀ, packed for the kernels; a request names the one that it wants. Several share the weights
/// of one engine, and sequences with different ones share its steps.
/// </summary>
/// <remarks>Hu et al. 2021, "LoRA"; many at once: Sheng et al. 2023, "S-LoRA".</remarks>
public sealed class LoraAdapter
{
    private readonly Layer[] layers;

    private LoraAdapter(Layer[] layers, int rank) => (this.layers, Rank) = (layers, rank);

    /// <summary>r.</summary>
    public int Rank { get; }

    /// <summary>Bytes of its packed factors.</summary>
    public long Bytes => sizeof(float) * layers.Sum(layer => layer.All.Sum(part => (long)part.A.Length + part.B.Length));

    /// <summary>Sets its cached blocks apart from those of others.</summary>
    internal Guid Id { get; } = Guid.NewGuid();

    /// <summary>Reads adapter_config.json and adapter_model.safetensors.</summary>
    /// <param name="folder">Where they are.</param>
    /// <param name="config">The base model's shape.</param>
    /// <exception cref="InvalidModelException">A file is missing or broken, the adapter is of another kind, or does not fit the model.</exception>
    public static LoraAdapter Read(string folder, ModelConfig config)
    {
        var peft = PeftConfig.Read(Path.Combine(folder, PeftConfig.FileName));
        using var file = SafetensorsFile.Open(Path.Combine(folder, PeftConfig.WeightsFile));
        var reader = new Reader(peft, file, Path.Combine(folder, PeftConfig.WeightsFile));
        var layers = Enumerable.Range(0, config.LayerCount).Select(index => reader.Layer(WeightNames.Layer(index), config)).ToArray();
        return file.Tensors.Keys.Except(reader.Seen).FirstOrDefault() is { } stranger
            ? throw new InvalidModelException(reader.Path, $"'{stranger}' belongs to no linear map of the base model.")
            : new(layers, peft.Rank);
    }

    internal Layer Of(int layer) => layers[layer];

    /// <summary>Additions of the four products of a layer.</summary>
    internal sealed record Layer(Part[] QueryKeyValue, Part[] Output, Part[] GateUp, Part[] Down)
    {
        public IEnumerable<Part> All => [.. QueryKeyValue, .. Output, .. GateUp, .. Down];
    }

    /// <summary>Additions of one map: its outputs begin at <paramref name="Offset"/> of the product that it is fused into.</summary>
    /// <param name="A">[r, K], packed.</param>
    /// <param name="B">[N, r], packed, times α/r.</param>
    /// <param name="Inputs">K.</param>
    /// <param name="Outputs">N.</param>
    /// <param name="Offset">First output.</param>
    internal sealed record Part(float[] A, float[] B, int Inputs, int Outputs, int Offset);

    private sealed class Reader(PeftConfig peft, SafetensorsFile file, string path)
    {
        public string Path { get; } = path;

        public HashSet<string> Seen { get; } = new(StringComparer.Ordinal);

        public Layer Layer(LayerWeightNames names, ModelConfig config)
        {
            int hidden = config.HiddenSize, heads = config.HeadCount * config.HeadDim, kvHeads = config.KvHeadCount * config.HeadDim, inner = config.IntermediateSize;
            return new(
                Parts(hidden, (names.QProj, heads), (names.KProj, kvHeads), (names.VProj, kvHeads)), Parts(heads, (names.OProj, hidden)),
                Parts(hidden, (names.GateProj, inner), (names.UpProj, inner)), Parts(inner, (names.DownProj, hidden)));
        }

        private Part[] Parts(int inputs, params (string Name, int Outputs)[] maps)
        {
            var parts = new List<Part>();
            var offset = 0;
            foreach (var (name, outputs) in maps)
            {
                if (peft.Targets(name))
                {
                    var (a, b) = PeftConfig.FactorsOf(name);
                    var second = Factor(b, outputs, peft.Rank);
                    for (var i = 0; i < second.Length; i++)
                    {
                        second[i] = (float)(second[i] * peft.Alpha / peft.Rank);
                    }

                    parts.Add(new(Packed(Factor(a, peft.Rank, inputs), peft.Rank, inputs), Packed(second, outputs, peft.Rank), inputs, outputs, offset));
                }

                offset += outputs;
            }

            return [.. parts];
        }

        private float[] Factor(string name, int rows, int columns)
        {
            Seen.Add(name);
            return file.Tensors.TryGetValue(name, out var stored) && stored.Shape.SequenceEqual([rows, columns])
                ? file.ReadFloats(name)
                : throw new InvalidModelException(Path, $"there is no '{name}' of the shape [{rows}, {columns}]: the adapter belongs to another model.");
        }

        private static float[] Packed(float[] rows, int outputs, int inputs)
        {
            var panels = new float[PanelLayout.PackedLength(outputs, inputs)];
            PanelLayout.Pack<float>(rows, outputs, inputs, panels);
            return panels;
        }
    }
}
