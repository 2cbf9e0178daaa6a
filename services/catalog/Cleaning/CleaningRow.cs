using InternPlatform.Catalog.Import;
using InternPlatform.Datasets;

namespace InternPlatform.Catalog.Cleaning;

/// <summary>A row on its way through a recipe.</summary>
internal sealed class CleaningRow(long index, StoredRow stored)
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
        IsChanged = true;
        (text, scripts) = (null, null);
    }

    public void Write(DatasetWriter dataset)
    {
        if (Stored.Record is { } record)
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
