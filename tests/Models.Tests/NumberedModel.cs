namespace InternPlatform.Models.Tests;

/// <summary>A model in memory, whose weights are <see cref="TinyModel"/>'s numbers.</summary>
internal sealed class NumberedModel(ModelConfig config) : IModelSource
{
    private readonly Dictionary<string, float[]> weights = WeightNames.All(config).Index().ToDictionary(weight => weight.Item.Name, weight => TinyModel.Values(weight.Index, weight.Item.Shape));

    public string Path => "memory";

    public ModelConfig Config => config;

    public float[] ReadFloats(string weightName) => weights[weightName];

    public void Dispose()
    {
    }
}
