using Freehold.Tenants;

namespace Freehold.Provisioning;

/// <summary>
/// What a lifecycle call changes of a tenant at once. The operation that it starts then brings the tenant's database to it.
/// </summary>
public sealed class TenantChange
{
    // Operations that read the tenant's state and make its database follow: the newest does for all of them.
    private static readonly string[] Following = [OperationKinds.Suspend, OperationKinds.Resume, OperationKinds.Undelete];

    /// <summary>
    /// Kinds that look at the tenant's state again when they have done something. One at work must come to that look, even when the
    /// state has changed since: nobody else would put right what it does last.
    /// </summary>
    internal static readonly string[] LookAgain = [.. Following, OperationKinds.Delete];

    private static readonly TenantState[] Living = [TenantState.Active, TenantState.Suspended];

    private TenantChange(string kind, string set, string condition, params string[] overtakes)
    {
        Kind = kind;
        Set = set;
        Condition = condition;
        Overtakes = overtakes;
    }

    /// <summary>Refuses work and keeps the data. Asked again, it makes sure.</summary>
    public static TenantChange Suspend { get; } =
        new(OperationKinds.Suspend, "state = 'suspended'", "state in ('active', 'suspended')", Following);

    /// <summary>Lets a suspended tenant work again. Asked again, it makes sure.</summary>
    public static TenantChange Resume { get; } =
        new(OperationKinds.Resume, "state = 'active'", "state in ('active', 'suspended')", Following);

    /// <summary>Calls a deletion off that has not begun to erase.</summary>
    public static TenantChange Undelete { get; } = new(
        OperationKinds.Undelete,
        "state = state_before, state_before = null, purge_at = null",
        "state = 'deleting' and purging_at is null",
        [.. Following, OperationKinds.Delete]);

    /// <summary>Makes a new role for the service's own connections and lets the former one go, without a failed request.</summary>
    public static TenantChange RotateCredentials { get; } = new(
        OperationKinds.RotateCredentials, "uid = uid", "state in ('active', 'suspended')", OperationKinds.RotateCredentials);

    /// <summary>Gives the tenant other limits.</summary>
    public static TenantChange SetPlan(string plan) => new(
        OperationKinds.SetPlan, "plan = $6, over_quota_at = null", "state not in ('deleting', 'deleted')", OperationKinds.SetPlan)
    {
        Argument = plan,
    };

    /// <summary>Has the tenant's passages embedded with another model, and then searched with it. A later one overtakes it.</summary>
    internal static TenantChange ChangeModel(string model) => new(
        OperationKinds.ChangeModel, "next_embedding_model = $6", "state in ('active', 'suspended')", OperationKinds.ChangeModel)
    {
        Argument = model,
        IsByRegion = true,
    };

    /// <summary>Has the tenant be at another provider, in another region, or both. A later one overtakes it; one to where it is calls it off.</summary>
    /// <param name="provider">The provider; null for the one that new tenants of the region come to.</param>
    /// <param name="region">The region; null for the one that it is in.</param>
    public static TenantChange MoveTo(string? provider, string? region = null) => new(
        OperationKinds.Move, "next_provider = $6, next_region = $18", "state in ('active', 'suspended')", OperationKinds.Move)
    {
        Argument = provider,
        Region = region,
        IsByRegion = true,
    };

    /// <summary>
    /// Refuses the tenant to everyone; erasing may begin after <paramref name="grace"/>, and not while an operation is at work on the
    /// tenant whose host may still make something.
    /// </summary>
    internal static TenantChange Delete(TimeSpan grace, bool purge) => new(
        OperationKinds.Delete,
        """
        state = 'deleting', state_before = case state when 'provisioning' then 'failed' else state end,
        busy_until = b.until, purge_at = greatest(now() + $7, b.until)
        """,
        "state in ('provisioning', 'active', 'suspended', 'failed')",
        [
            .. Following, OperationKinds.Provision, OperationKinds.SetPlan, OperationKinds.RotateCredentials, OperationKinds.ChangeModel,
            OperationKinds.BuildIndex, OperationKinds.Evaluate, OperationKinds.Move,
        ])
    {
        Argument = purge ? "purge" : null,
        Grace = grace,
    };

    /// <summary>Kind of the operation.</summary>
    internal string Kind { get; }

    /// <summary>Whether nobody may be connected to the tenant's database any more.</summary>
    internal bool Closes => Kind is OperationKinds.Suspend or OperationKinds.Delete;

    /// <summary>What is set in the tenant's row <c>t</c>.</summary>
    internal string Set { get; }

    /// <summary>For which rows.</summary>
    internal string Condition { get; }

    /// <summary>Kinds of the tenant's unfinished operations that come to nothing.</summary>
    internal string[] Overtakes { get; }

    /// <summary>What is asked for beside the kind: a part of what an idempotency key stands for.</summary>
    internal string? Argument { get; private init; }

    /// <summary>A region that is asked for.</summary>
    internal string? Region { get; private init; }

    /// <summary>Whether the argument names something of a region's own settings, so that only its host can say that there is such a thing.</summary>
    internal bool IsByRegion { get; private init; }

    /// <summary>How long erasing waits.</summary>
    internal TimeSpan Grace { get; private init; }

    /// <summary>Why a tenant in this state cannot be changed so.</summary>
    internal RefusalException WhyNot(TenantState state) => (Kind, state) switch
    {
        (OperationKinds.Undelete, TenantState.Deleting) => new ImpossibleNowException(
            "erasing-has-begun", "The tenant is being erased already. Make a new one."),
        (OperationKinds.Undelete, _) => new ImpossibleNowException("tenant-not-deleting", "The tenant is not being deleted."),
        _ when Living.Contains(state) => new ImpossibleNowException(
            "tenant-changed-meanwhile", "Another call changed the tenant at the same time. Look at it, then ask again."),
        _ => new TenantNotReadyException(state),
    };
}

/// <summary>The tenant's present state does not allow it.</summary>
public sealed class ImpossibleNowException(string problem, string message) : RefusalException(RefusalKind.Conflict, problem, message);
