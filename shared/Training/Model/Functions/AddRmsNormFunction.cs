using InternPlatform.Kernels.Cpu.Training;
using static TorchSharp.torch;

namespace InternPlatform.Training.Model.Functions;

/// <summary>
/// (x [R, D] float32, δ [R, D], gain [D]) to (s = x + δ float32, y = norm(s) in δ's type) by <see cref="AddRmsNorm"/>: the residual sum, the norm
/// and both casts in one pass.
/// </summary>
internal sealed class AddRmsNormFunction : autograd.MultiTensorFunction<AddRmsNormFunction>
{
    private const string Epsilon = "epsilon";

    public override string Name => nameof(AddRmsNormFunction);

    public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, delta, gain, epsilon) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (float)vars[3]);
        int rows = (int)x.shape[0], width = (int)x.shape[1];
        var (s, y, r) = (empty(rows, width, ScalarType.Float32), empty(rows, width, delta.dtype), empty(rows, ScalarType.Float32));
        TensorSpans.Blocks(rows, (_, from, to) =>
        {
            for (var row = from; row < to; row++)
            {
                var (at, end) = (row * width, (row + 1) * width);
                r.Singles()[row] = delta.dtype == ScalarType.Float32
                    ? AddRmsNorm.Invoke(x.Singles()[at..end], delta.Singles()[at..end], gain.Singles(), epsilon, s.Singles()[at..end], y.Singles()[at..end])
                    : AddRmsNorm.Invoke(x.Singles()[at..end], delta.Bits()[at..end], gain.Singles(), epsilon, s.Singles()[at..end], y.Bits()[at..end]);
            }
        });
        ctx.save_for_backward([s, gain, r]);
        return [s, y];
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
    {
        var saved = ctx.get_saved_variables();
        var (s, gain, r) = (saved[0], saved[1], saved[2]);
        var (ds, dy) = (grad_outputs[0].contiguous().clone(), grad_outputs[1].contiguous());
        int rows = (int)s.shape[0], width = (int)s.shape[1];
        var dDelta = empty(rows, width, dy.dtype);
        var partial = zeros(TensorSpans.BlockCount(rows), width, ScalarType.Float32);
        TensorSpans.Blocks(rows, (block, from, to) =>
        {
            for (var row = from; row < to; row++)
            {
                var (at, end) = (row * width, (row + 1) * width);
                var dGain = partial.Singles().Slice(block * width, width);
                if (dy.dtype == ScalarType.Float32)
                {
                    AddRmsNorm.Gradient(s.Singles()[at..end], gain.Singles(), r.Singles()[row], dy.Singles()[at..end], ds.Singles()[at..end], dDelta.Singles()[at..end], dGain);
                }
                else
                {
                    AddRmsNorm.Gradient(s.Singles()[at..end], gain.Singles(), r.Singles()[row], dy.Bits()[at..end], ds.Singles()[at..end], dDelta.Bits()[at..end], dGain);
                }
            }
        });
        return [ds, dDelta, partial.sum([0L]), null!];
    }
}
