namespace Freehold.Tenants;

/// <summary>What tenants may be called in front of people.</summary>
public static class DisplayName
{
    private const int MaxLength = 200;

    /// <summary>Refuses a name that is too long, or would not fit on a line.</summary>
    public static void Check(string? name)
    {
        if (name is { Length: > MaxLength } || name?.Any(char.IsControl) == true)
        {
            throw new InvalidInputException("invalid-display-name", $"A display name has at most {MaxLength} characters and no control characters.");
        }
    }
}
