using InternPlatform.Kernels.Cpu.Training;
using static TorchSharp.torch;

namespace InternPlatform.Training.Model.Functions;

/// <summary>[R, 2F] to [R, F] by <see cref="SwiGlu"/>, with its gradient.</summary>
internal sealed class SwiGluFunction : autograd.SingleTensorFunction<SwiGluFunction>
{
    public override string Name => nameof(SwiGluFunction);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var gateUp = (Tensor)vars[0];
        ctx.save_for_backward([gateUp]);
        int rows = (int)gateUp.shape[0], wide = (int)gateUp.shape[1], width = wide / 2;
        var y = empty(rows, width, gateUp.dtype);
        TensorSpans.Blocks(rows, (_, from, to) =>
        {
            for (var row = from; row < to; row++)
            {
                if (y.dtype == ScalarType.Float32)
                {
                    SwiGlu.Invoke(gateUp.Singles().Slice(row * wide, wide), y.Singles().Slice(row * width, width));
                }
                else
                {
                    SwiGlu.Invoke(gateUp.Bits().Slice(row * wide, wide), y.Bits().Slice(row * width, width));
                }
            }
        });
        return y;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var gateUp = ctx.get_saved_variables()[0];
        var dy = grad_output.contiguous();
        int rows = (int)gateUp.shape[0], wide = (int)gateUp.shape[1], width = wide / 2;
        var gradient = empty(gateUp.shape, gateUp.dtype);
        TensorSpans.Blocks(rows, (_, from, to) =>
        {
            for (var row = from; row < to; row++)
            {
                if (dy.dtype == ScalarType.Float32)
                {
                    SwiGlu.Gradient(gateUp.Singles().Slice(row * wide, wide), dy.Singles().Slice(row * width, width), gradient.Singles().Slice(row * wide, wide));
                }
                else
                {
                    SwiGlu.Gradient(gateUp.Bits().Slice(row * wide, wide), dy.Bits().Slice(row * width, width), gradient.Bits().Slice(row * wide, wide));
                }
            }
        });
        return [gradient];
    }
}
