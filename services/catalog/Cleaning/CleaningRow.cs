using InternPlatform.Catalog.Import;
using InternPlatform.Datasets;

namespace InternPlatform.Catalog.Cleaning;

/// <summary>A row on its way through a recipe.</summary>
/// <param name="index">Row of the data set, from 0.</param>
/// <param name="stored">What it holds.</param>
/// <param name="line">The line that says so.</param>
internal sealed class CleaningRow(long index, StoredRow stored, byte[]? line = null)
{
    private string? text;
    private ScriptCounts? scripts;

    /// <summary>Row of the data set, from 0.</summary>
    public long Index { get; } = index;
    public StoredRow Stored { get; private set; } = stored;

    /// <summary>What the step at work changed.</summary>
    public bool IsChanged { get; set; }

    /// <summary>Why the step at work drops it, with the measured value and the limit; null: it stays.</summary>
    public string? DroppedBecause { get; set; }

    /// <summary>What is judged.</summary>
    public string Text => text ??= PlainText.Of(Stored);

    public ScriptCounts Scripts => scripts ??= ScriptCounts.Of(Text);

    public void Replace(StoredRow changed)
    {
        Stored = changed;
        line = null;
        IsChanged = true;
        (text, scripts) = (null, null);
    }

    /// <summary>A row that no step changed is written as it was.</summary>
    public void Write(DatasetWriter dataset)
    {
        if (line is not null)
        {
            dataset.AddStored(line, Stored);
        }
        else if (Stored.Record is { } record)
        {
            dataset.AddRecord(record, Stored.Kind);
        }
        else if (Stored.Chat is { } chat)
        {
            dataset.AddChat(chat, Stored.Kind);
        }
        else
        {
            dataset.AddText(Stored.Text!, Stored.Kind);
        }
    }
}
