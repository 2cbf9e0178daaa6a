using InternPlatform.Training.Optimization;
using static TorchSharp.torch;

namespace InternPlatform.Training.Model.Functions;

/// <summary>The frozen weight of one layer, [out, in]; its parts; the rank r of each part's factors; and α / r.</summary>
internal sealed record LoraLinear(Tensor Weight, IReadOnlyList<MatrixSlice> Slices, int Rank, double Scale);

/// <summary>
/// y = x · Wᵀ + scale · [x · A₁ᵀ · B₁ᵀ | x · A₂ᵀ · B₂ᵀ | …] for a fused matrix with parts, and the gradients of x, A and B. The weight itself gets none,
/// which saves a third of a linear map's work, and nothing but x and x · Aᵀ is kept.
/// </summary>
internal sealed class LoraLinearFunction : autograd.SingleTensorFunction<LoraLinearFunction>
{
    private const string Map = "map";

    public override string Name => nameof(LoraLinearFunction);

    /// <summary>x [R, in], A [S · r, in], B [out, r], map.</summary>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, a, b, map) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (LoraLinear)vars[3]);
        using var _ = no_grad();
        var y = x.matmul(map.Weight.t());
        var narrow = x.matmul(a.t());
        for (var i = 0; i < map.Slices.Count; i++)
        {
            var slice = map.Slices[i];
            y.narrow(1, slice.Start, slice.Count).Accumulate(Part(narrow, i, map).matmul(b.narrow(0, slice.Start, slice.Count).t()), map.Scale);
        }

        ctx.save_for_backward([x, a, b, narrow]);
        ctx.save_data(Map, map);
        return y;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var saved = ctx.get_saved_variables();
        var (x, a, b, narrow) = (saved[0], saved[1], saved[2], saved[3]);
        var map = (LoraLinear)ctx.get_data(Map);
        using var _ = no_grad();
        var dy = grad_output.contiguous();
        var dNarrow = new Tensor[map.Slices.Count];
        var dB = new Tensor[map.Slices.Count];
        for (var i = 0; i < map.Slices.Count; i++)
        {
            var slice = map.Slices[i];
            var part = dy.narrow(1, slice.Start, slice.Count);
            dNarrow[i] = part.matmul(b.narrow(0, slice.Start, slice.Count)).ScaleBy(map.Scale);
            dB[i] = part.t().matmul(Part(narrow, i, map)).ScaleBy(map.Scale);
        }

        var dNarrow_RS = cat(dNarrow, 1);
        return [dy.matmul(map.Weight).Accumulate(dNarrow_RS.matmul(a), 1), dNarrow_RS.t().matmul(x), cat(dB), null!];
    }

    private static Tensor Part(Tensor narrow, int index, LoraLinear map) => narrow.narrow(1, (long)index * map.Rank, map.Rank);
}
