namespace Freehold.Postgres;

/// <summary>What a tenant's database is entered for. Of one whose compute sleeps when it is not used, this is what wakes it.</summary>
public enum WakeCause
{
    /// <summary>A search, or an answer that rests on one.</summary>
    Search,

    /// <summary>A document's text is read.</summary>
    Reading,

    /// <summary>Documents are taken in or removed.</summary>
    Documents,

    /// <summary>Searches are evaluated.</summary>
    Evaluation,

    /// <summary>Another embedding model takes the place of the present one.</summary>
    ModelChange,

    /// <summary>Work of its owner's that somebody orders: a migration, an index, credentials, a move.</summary>
    Upkeep,
}
