using InternPlatform.Kernels.Cpu;
using InternPlatform.Models;

namespace InternPlatform.Inference.Tests;

/// <summary>A decoder in double, written for reading: one token after the other, nothing kept, nothing packed.</summary>
internal sealed class ReferenceDecoder(ModelFolder folder, Func<int, int, double> angle, double amplitude)
{
    private readonly ModelConfig config = folder.Config;

    /// <summary>log p of each next token, [T − 1].</summary>
    /// <param name="tokens">[T].</param>
    public double[] NextLogProbs(int[] tokens)
    {
        var head = config.TieWordEmbeddings ? WeightNames.Embedding : WeightNames.LmHead;
        return [.. FinalStates(tokens).SkipLast(1).Select((row, t) =>
        {
            var logits = Project(row, head, hasBias: false);
            return logits[tokens[t + 1]] - Math.Log(logits.Sum(Math.Exp));
        })];
    }

    /// <summary>Hidden states after the last norm, [T][D].</summary>
    /// <param name="tokens">[T].</param>
    public double[][] FinalStates(int[] tokens)
    {
        var x = tokens.Select(token => Row(WeightNames.Embedding, token, config.HiddenSize)).ToArray();
        for (var layer = 0; layer < config.LayerCount; layer++)
        {
            var names = WeightNames.Layer(layer);
            var attended = Attend(names, [.. x.Select(row => Norm(row, Read(names.InputNorm)))]);
            x = [.. x.Zip(attended, (row, a) => Sum(row, Project(a, names.OProj, config.OutputBias)))];
            x = [.. x.Select(row => Sum(row, FeedForward(names, Norm(row, Read(names.PostAttentionNorm)))))];
        }

        return [.. x.Select(row => Norm(row, Read(WeightNames.FinalNorm)))];
    }

    private double[][] Attend(LayerWeightNames names, double[][] x)
    {
        var width = config.HeadDim;
        var (q, k) = (Heads(x, names.QProj, names.QNorm), Heads(x, names.KProj, names.KNorm));
        var v = x.Select(row => Project(row, names.VProj, config.QkvBias).Chunk(width).ToArray()).ToArray();
        return [.. x.Select((_, t) => Enumerable.Range(0, config.HeadCount).SelectMany(h =>
        {
            var g = h / (config.HeadCount / config.KvHeadCount);
            var scores = Enumerable.Range(0, t + 1).Select(s => Math.Exp(q[t][h].Zip(k[s][g], (a, b) => a * b).Sum() / Math.Sqrt(width))).ToArray();
            return Enumerable.Range(0, width).Select(d => Enumerable.Range(0, t + 1).Sum(s => scores[s] * v[s][g][d]) / scores.Sum());
        }).ToArray())];
    }

    /// <summary>[T][heads][d], normed where the model does it, then turned.</summary>
    private double[][][] Heads(double[][] x, string projection, string norm) =>
        [.. x.Select((row, t) => Project(row, projection, config.QkvBias).Chunk(config.HeadDim).Select(head => Turn(config.QkNorm ? Norm(head, Read(norm)) : head, t)).ToArray())];

    private double[] Turn(double[] head, int position)
    {
        var half = head.Length / 2;
        return [.. head.Select((value, j) =>
        {
            var turn = angle(position, j % half);
            return amplitude * (j < half ? (value * Math.Cos(turn)) - (head[j + half] * Math.Sin(turn)) : (value * Math.Cos(turn)) + (head[j - half] * Math.Sin(turn)));
        })];
    }

    private double[] FeedForward(LayerWeightNames names, double[] x)
    {
        var gate = Project(x, names.GateProj, config.MlpBias);
        return Project([.. gate.Zip(Project(x, names.UpProj, config.MlpBias), (g, u) => g / (1 + Math.Exp(-g)) * u)], names.DownProj, config.MlpBias);
    }

    private double[] Project(double[] x, string name, bool hasBias)
    {
        var rows = Array.ConvertAll(folder.ReadFloats(name), value => (double)value);
        var y = new double[rows.Length / x.Length];
        MatMul.Reference(x, rows, y.Length, x.Length, y);
        return hasBias ? Sum(y, Read(LayerWeightNames.Bias(name))) : y;
    }

    private double[] Norm(double[] x, double[] gain)
    {
        var scale = 1 / Math.Sqrt(x.Average(value => value * value) + config.RmsNormEpsilon);
        return [.. x.Zip(gain, (value, g) => value * scale * g)];
    }

    private double[] Read(string name) => Array.ConvertAll(folder.ReadFloats(name), value => (double)value);

    private double[] Row(string name, int row, int width) => Read(name)[(row * width)..((row + 1) * width)];

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];
}
