package scanfleet

import "context"

// Pager goes through a list that comes in pages, one item after the other; at most one page is held.
//
//	pages := client.IterPages(scanID, nil)
//	for pages.Next(ctx) {
//		fmt.Println(pages.Item().URL)
//	}
//	if err := pages.Err(); err != nil { … }
type Pager[T any] struct {
	fetch func(context.Context) (items []T, last bool, err error)
	items []T
	item  T
	last  bool
	err   error
}

// Next goes to the next item; false at the end of the list, or after an error.
func (p *Pager[T]) Next(ctx context.Context) bool {
	for len(p.items) == 0 && !p.last && p.err == nil {
		p.items, p.last, p.err = p.fetch(ctx)
	}
	if len(p.items) == 0 {
		return false
	}
	p.item, p.items = p.items[0], p.items[1:]
	return true
}

// Item is the item that Next went to.
func (p *Pager[T]) Item() T { return p.item }

// Err is what ended the list before its end, if anything.
func (p *Pager[T]) Err() error { return p.err }

// byCursor is a list whose pages name the cursor of the next one.
func byCursor[T any](fetch func(context.Context, string) ([]T, *string, error)) *Pager[T] {
	cursor := ""
	return &Pager[T]{fetch: func(ctx context.Context) ([]T, bool, error) {
		items, next, err := fetch(ctx, cursor)
		if err != nil || next == nil {
			return items, true, err
		}
		if *next == cursor {
			return items, true, &UnexpectedAnswerError{"the list goes round in circles: a page's next_cursor is its own"}
		}
		cursor = *next
		return items, false, nil
	}}
}

// byNumber is a list whose pages have numbers. What is added at the front meanwhile shows as an item that comes twice.
func byNumber[T any](fetch func(context.Context, int) (items []T, perPage, total int, err error)) *Pager[T] {
	number := 0
	return &Pager[T]{fetch: func(ctx context.Context) ([]T, bool, error) {
		number++
		items, perPage, total, err := fetch(ctx, number)
		return items, err != nil || len(items) == 0 || number*perPage >= total, err
	}}
}
