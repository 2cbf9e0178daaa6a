namespace InternPlatform.Portal.Components;

/// <summary>A variant in the chart of size against perplexity.</summary>
/// <param name="Name">Its label.</param>
/// <param name="Bytes">Of its weights.</param>
/// <param name="Perplexity">Over the same tokens as the others.</param>
/// <param name="Bits">Of one weight; sets the size of the point.</param>
public sealed record VariantPoint(string Name, double Bytes, double Perplexity, double Bits);

/// <summary>Size against perplexity, a point for each variant: what is smaller looks smaller.</summary>
public static class VariantChart
{
    private const double MebiByte = 1 << 20;

    /// <summary>ECharts' option.</summary>
    public static object Option(IReadOnlyList<VariantPoint> points, string size, string perplexity) => new
    {
        grid = new { left = 8, right = 48, top = 40, bottom = 36, containLabel = true },
        tooltip = new { formatter = $"{{b}}<br>{size}, {perplexity}: {{c}}" },
        xAxis = new { type = "value", name = size, nameLocation = "middle", nameGap = 28, min = 0, splitLine = new { show = false } },
        yAxis = new { type = "value", name = perplexity, nameTextStyle = new { align = "left" }, scale = true },
        series = new object[]
        {
            new
            {
                type = "scatter",
                data = points.Select(point => new
                {
                    name = point.Name,
                    value = new[] { Math.Round(point.Bytes / MebiByte, 3), Math.Round(point.Perplexity, 4) },
                    symbolSize = 8 + (6 * Math.Log2(Math.Max(2, point.Bits))),
                }),
                itemStyle = new { opacity = 0.85 },
                label = new { show = true, position = "top", formatter = "{b}" },
                labelLayout = new { hideOverlap = true },
            },
        },
    };

    /// <summary>The chart in words.</summary>
    public static string Summary(IReadOnlyList<VariantPoint> points, string title, string perplexity) =>
        string.Join(". ", points.Select(point => $"{point.Name}: {Format.Bytes((long)point.Bytes)}, {perplexity} {Format.Figure(point.Perplexity)}").Prepend(title));
}
