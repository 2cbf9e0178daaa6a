using InternPlatform.Kernels.Cpu.Training;
using static TorchSharp.torch;

namespace InternPlatform.Training.Model.Functions;

/// <summary>Sizes and angles of one batch.</summary>
internal sealed record RotaryShape(int Rows, int Length, int Heads, int KvHeads, int HeadDim, int[] Positions, RotaryTable Table);

/// <summary>
/// [B·T, (H + 2K)·N] to [3, B, H, T, N]: queries and keys turned by position, keys and values repeated for the query heads that share them,
/// and laid out as attention reads them, in one pass over memory.
/// </summary>
internal sealed class RotaryFunction : autograd.SingleTensorFunction<RotaryFunction>
{
    private const string Shape = "shape";

    public override string Name => nameof(RotaryFunction);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (qkv, shape) = ((Tensor)vars[0], (RotaryShape)vars[1]);
        ctx.save_data(Shape, shape);
        var y = empty([3, shape.Rows, shape.Heads, shape.Length, shape.HeadDim], qkv.dtype);
        TensorSpans.Blocks(shape.Rows * shape.Length, (_, from, to) =>
        {
            for (var token = from; token < to; token++)
            {
                if (y.dtype == ScalarType.Float32)
                {
                    Split<float>(qkv.Singles(), y.Singles(), token, shape, RotaryHeads.Invoke);
                }
                else
                {
                    Split<ushort>(qkv.Bits(), y.Bits(), token, shape, RotaryHeads.Invoke);
                }
            }
        });
        return y;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var shape = (RotaryShape)ctx.get_data(Shape);
        var dy = grad_output.contiguous();
        var gradient = empty([shape.Rows * shape.Length, (shape.Heads + (2 * shape.KvHeads)) * shape.HeadDim], dy.dtype);
        TensorSpans.Blocks(shape.Rows * shape.Length, (_, from, to) =>
        {
            var (singles, bits) = (new float[shape.HeadDim], new ushort[shape.HeadDim]);
            for (var token = from; token < to; token++)
            {
                if (dy.dtype == ScalarType.Float32)
                {
                    Join<float>(dy.Singles(), gradient.Singles(), singles, token, shape, RotaryHeads.Invoke, RotaryHeads.SumRows);
                }
                else
                {
                    Join<ushort>(dy.Bits(), gradient.Bits(), bits, token, shape, RotaryHeads.Invoke, RotaryHeads.SumRows);
                }
            }
        });
        return [gradient, null!];
    }

    private delegate void Turn<T>(ReadOnlySpan<T> x, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin, float direction, Span<T> y);

    private delegate void SumRows<T>(ReadOnlySpan<T> x, int rows, int stride, Span<T> y);

    private static void Split<T>(ReadOnlySpan<T> qkv, Span<T> y, int token, RotaryShape shape, Turn<T> turn)
    {
        var (n, group) = (shape.HeadDim, shape.Heads / shape.KvHeads);
        var row = qkv.Slice(token * (shape.Heads + (2 * shape.KvHeads)) * n, (shape.Heads + (2 * shape.KvHeads)) * n);
        var cos = shape.Table.Cos.AsSpan(shape.Positions[token] * shape.Table.Half, shape.Table.Half);
        var sin = shape.Table.Sin.AsSpan(shape.Positions[token] * shape.Table.Half, shape.Table.Half);
        for (var head = 0; head < shape.Heads; head++)
        {
            turn(row.Slice(head * n, n), cos, sin, 1, y.Slice(At(0, token, head, shape), n));
            var kv = head / group;
            if (head % group == 0)
            {
                turn(row.Slice((shape.Heads + kv) * n, n), cos, sin, 1, y.Slice(At(1, token, head, shape), n));
            }
            else
            {
                y.Slice(At(1, token, kv * group, shape), n).CopyTo(y[At(1, token, head, shape)..]);
            }

            row.Slice((shape.Heads + shape.KvHeads + kv) * n, n).CopyTo(y[At(2, token, head, shape)..]);
        }
    }

    private static void Join<T>(ReadOnlySpan<T> dy, Span<T> gradient, Span<T> scratch, int token, RotaryShape shape, Turn<T> turn, SumRows<T> sum)
    {
        var (n, group, stride) = (shape.HeadDim, shape.Heads / shape.KvHeads, shape.Length * shape.HeadDim);
        var row = gradient.Slice(token * (shape.Heads + (2 * shape.KvHeads)) * n, (shape.Heads + (2 * shape.KvHeads)) * n);
        var cos = shape.Table.Cos.AsSpan(shape.Positions[token] * shape.Table.Half, shape.Table.Half);
        var sin = shape.Table.Sin.AsSpan(shape.Positions[token] * shape.Table.Half, shape.Table.Half);
        for (var head = 0; head < shape.Heads; head++)
        {
            turn(dy.Slice(At(0, token, head, shape), n), cos, sin, -1, row.Slice(head * n, n));
        }

        for (var kv = 0; kv < shape.KvHeads; kv++)
        {
            sum(dy[At(1, token, kv * group, shape)..], group, stride, scratch);
            turn(scratch, cos, sin, -1, row.Slice((shape.Heads + kv) * n, n));
            sum(dy[At(2, token, kv * group, shape)..], group, stride, row.Slice((shape.Heads + shape.KvHeads + kv) * n, n));
        }
    }

    private static int At(int part, int token, int head, RotaryShape shape) =>
        ((((((part * shape.Rows) + (token / shape.Length)) * shape.Heads) + head) * shape.Length) + (token % shape.Length)) * shape.HeadDim;
}
