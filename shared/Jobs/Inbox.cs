using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Jobs;

/// <summary>
/// For a consumer whose effect has no unique key of its own. It remembers per object the highest sequence it has followed, for ever and without a window:
/// a message that comes again, half an hour or a week later, or out of order behind a newer one, has no second effect.
/// </summary>
public static class InboxExtensions
{
    /// <summary>
    /// True where the message is new. The effect and this note are saved by the same SaveChanges; if another delivery of the message was faster, that
    /// throws <see cref="DbUpdateException"/>, the bus delivers again, and then this answers false.
    /// </summary>
    /// <param name="db">The consumer's context.</param>
    /// <param name="consumer">Its name, for it may share the database with others.</param>
    /// <param name="objectId">The job, or other object, that the message is about.</param>
    /// <param name="sequence">Number of its transition or version.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<bool> AdvanceAsync<TDb>(this TDb db, string consumer, Guid objectId, long sequence, CancellationToken cancellationToken)
        where TDb : DbContext, IJobsDb
    {
        var row = await db.Inbox.FindAsync([consumer, objectId], cancellationToken);
        if (row is null)
        {
            db.Inbox.Add(new InboxRow { Consumer = consumer, ObjectId = objectId, Sequence = sequence });
            return true;
        }

        if (sequence <= row.Sequence)
        {
            return false;
        }

        row.Sequence = sequence;
        row.Version = Guid.CreateVersion7();
        return true;
    }
}
