using System.Runtime.InteropServices;
using InternPlatform.Contracts.Catalog;

namespace InternPlatform.Catalog.Statistics;

/// <summary>Gathers one column. Memory: the lengths that occur, and the numbers that do.</summary>
internal sealed class ColumnBuilder(string name)
{
    public const string Text = "text";
    public const string Number = "number";
    private const int Bins = 20;

    private readonly Dictionary<string, long> types = [];
    private readonly Dictionary<string, long> languages = [];
    private readonly Dictionary<double, long> lengths = [];
    private readonly Dictionary<double, long> numbers = [];
    private readonly DistinctCount distinct = new();
    private long values;

    /// <summary>A value of any type but a number, known by its text.</summary>
    public void Add(string type, ReadOnlySpan<char> value, string? language = null)
    {
        Count(type, value);
        CollectionsMarshal.GetValueRefOrAddDefault(lengths, value.Length, out _)++;
        if (language is not null)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(languages, language, out _)++;
        }
    }

    public void AddNumber(double number, ReadOnlySpan<char> written)
    {
        Count(Number, written);
        CollectionsMarshal.GetValueRefOrAddDefault(numbers, number, out _)++;
    }

    public ColumnStatistics Complete(long rows)
    {
        var type = types.Count == 0 ? Text : types.MaxBy(pair => pair.Value).Key;
        var spread = type == Number ? Spread.Of(numbers, Bins) : Spread.Of(lengths, Bins);
        return new ColumnStatistics
        {
            Name = name,
            Type = type,
            Missing = rows - values,
            Distinct = distinct.Value,
            Minimum = spread?.Minimum,
            Maximum = spread?.Maximum,
            Mean = spread?.Mean,
            Median = spread?.Median,
            Histogram = spread?.Histogram ?? [],
            Languages = new SortedDictionary<string, long>(languages, StringComparer.Ordinal),
        };
    }

    private void Count(string type, ReadOnlySpan<char> value)
    {
        values++;
        CollectionsMarshal.GetValueRefOrAddDefault(types, type, out _)++;
        distinct.Add(value);
    }
}
